// _run: executes one run in its own process. pipebench starts it with the spec in a descriptor; users never call it.
// _transform: transforms orders for such a run (--transform-on processes:N). _metrics: serves what a session says.
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "concurrency/loop_lag.hpp"
#include "concurrency/section_sampler.hpp"
#include "contracts/arrival_schedule.hpp"
#include "contracts/error.hpp"
#include "contracts/recorder.hpp"
#include "measure/run_spec.hpp"
#include "metrics/metrics_process.hpp"
#include "pipebench/pattern.hpp"
#include "pipeline/pipeline_factory.hpp"
#include "pipeline/test_cost.hpp"
#include "pipeline/transform_process.hpp"
#include "redis/order_stream.hpp"
#include "system/process_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pipebench {
namespace {

exit_code run_one() {
    auto spec = read_spec(spec_descriptor);
    spec.work.keep_storing = spec.part == run_part::workers;
    auto record = recorder::attach(recorder_descriptor);
    const auto all = patterns();
    const auto chosen = std::find_if(all.begin(), all.end(), [&](const pattern& p) { return p.id == spec.pattern; });
    if (chosen == all.end()) throw setup_error("no such pattern: " + spec.pattern);
    const arrival_schedule arrivals(spec.work);
    // Workers of a session elsewhere do not know when its orders arrived: their clock is not its clock.
    auto log = record.log(arrivals.open() && spec.part != run_part::workers ? &arrivals : nullptr);
    order_source orders(spec.work, arrivals, log, record.stop());
    const real_pipelines open(spec.work, spec.where, &record.shared_traffic(), record.findings(),
                              transform_work(spec.work, spec.transform_rounds_per_us));
    std::optional<order_stream> stream;
    if (!spec.where.redis.empty())
        stream.emplace(spec.where.redis, spec.where.stream, spec.instance, record.findings().spans());
    const auto note = [](std::string_view line) { tell(fmt::format("{}\n", line)); };
    if (const auto warning = choose_test_cost(spec.pattern, spec.transform_rounds_per_us); !warning.empty())
        note(warning);
    std::optional<section_sampling> sampling;
    if (spec.profile_stages) sampling.emplace(record);
    std::optional<loop_lag_watch> lag;
    if (spec.loop_lag) lag.emplace(record);
    sample_this_thread();
    const auto processes = record.processes();
    record.start_clock();
    chosen->run({.work = spec.work,
                 .orders = orders,
                 .open = open,
                 .out = log,
                 .stop = record.stop(),
                 .stream = stream ? &*stream : nullptr,
                 .note = note,
                 .part = spec.part,
                 .processes = &processes});
    record.stop_clock();
    record.keep_peak_rss(own_peak_rss());
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_run_child() { return without_options(run_one); }

std::unique_ptr<command> make_metrics_child() {
    return without_options([] {
        serve_metrics();
        return exit_code::ok;
    });
}

std::unique_ptr<command> make_transform_child() {
    return without_options([] {
        serve_transforms(transform_descriptor);
        return exit_code::ok;
    });
}

}  // namespace pipebench
