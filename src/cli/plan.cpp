// plan: finds for each pattern the smallest number of permits, threads, processes or workers that meets the
// objectives at a rate, and what it costs.
#include "cli/command.hpp"
#include "cli/load_search.hpp"
#include "cli/options.hpp"
#include "contracts/number.hpp"
#include "session/size_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

/// How the size of a pattern is set.
struct sizing {
    std::string_view id;
    const char* option;
    void (*set)(workload&, unsigned size);
    std::string (*what)(const workload&);
};

/// Each process has a worker at least.
void set_workers(workload& w, unsigned workers) {
    w.streams.workers = workers;
    w.streams.processes = std::min(w.streams.processes, workers);
}

std::string workers_of(const workload& w) {
    const auto& s = w.streams;
    return fmt::format("{} in {} (batch {})", counted(s.workers, "worker", "workers"),
                       counted(s.processes, "process", "processes"), s.batch);
}

constexpr std::array sizings{
    sizing{"semaphore", "--permits", [](workload& w, unsigned n) { w.permits = n; },
           [](const workload& w) { return counted(w.permits, "permit", "permits"); }},
    sizing{"process-pool", "--pool-processes", [](workload& w, unsigned n) { w.pool_processes = n; },
           [](const workload& w) { return counted(w.pool_processes, "process", "processes"); }},
    sizing{"thread-pool", "--threads", [](workload& w, unsigned n) { w.threads = n; },
           [](const workload& w) { return counted(w.threads, "thread", "threads"); }},
    sizing{"redis-streams", "--workers", set_workers, workers_of},
};

/// nullptr: it has no size.
const sizing* sizing_of(std::string_view id) {
    const auto* const at = std::find_if(sizings.begin(), sizings.end(), [&](const sizing& s) { return s.id == id; });
    return at == sizings.end() ? nullptr : at;
}

class plan_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    [[nodiscard]] load_search_request request() const;

    session_options session_;
    output_options output_;
    verbosity speech_ = verbosity::normal;
};

void plan_command::declare(option_set& options) {
    declare_work(options, session_.work);
    options.group("Conditions");
    declare_busy_limit(options, session_);
    declare_scenario(options, session_);
    declare_servers(options, session_.servers);
    options.group("Output (the answer goes to stdout, all else to stderr)");
    declare_output(options, output_, {"text", "markdown", "html", "json", "csv"});
    declare_grace(options, session_);
    declare_quiet(options, speech_);
}

load_search_request plan_command::request() const {
    if (!is_set(session_.work, "--rate"))
        throw setup_error("plan: needs the rate at which orders arrive, such as --rate 50k/h");
    if (session_.work.concurrency != default_concurrency)
        throw setup_error("plan: chooses --concurrency itself; leave it out");
    if (session_.scenarios.size() > 1) throw setup_error("plan: --scenario: give one");
    auto asked = session_;
    const parameter& batch = parameter_of("--batch");
    if (!asked.work.changes.contains(&batch))
        asked.work.changes[&batch] = "1";  // more per read is a queue of its own
    std::vector<std::string> chosen;
    for (const sizing& s : sizings) chosen.emplace_back(s.option);
    return request_of(asked, "plan", chosen);
}

sized_pattern sized(const session_settings& all, const std::shared_ptr<const contestant>& who) {
    const sizing* const how = sizing_of(who->id());
    const auto at = [&all, who, how](double size) {
        auto out = all;
        out.contestants = {who};
        if (how != nullptr) how->set(out.work, static_cast<unsigned>(size));
        return out;
    };
    return {who, at, [how](const workload& w) { return how->what(w); }};
}

exit_code plan_command::run() {
    const auto asked = request();
    const auto all = settings_of(asked.session);
    const result_output output(output_);
    size_search_settings search;
    search.length = asked.length;
    for (const auto& c : all.contestants) search.patterns.push_back(sized(all, c));
    return finish(run_size_search(search, observer_for(output, speech_)), output, "plan");
}

}  // namespace

std::unique_ptr<command> make_plan() { return std::make_unique<plan_command>(); }

}  // namespace pipebench
