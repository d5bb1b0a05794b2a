#include "pipeline/transform_pool.hpp"

#include "concurrency/section_sampler.hpp"

#include <optional>
#include <utility>

namespace pipebench {

transform_pool::transform_pool(executor ex, settings how, run_findings findings)
    : executor_(ex),
      keep_running_(ex),
      how_(std::move(how)),
      findings_(findings),
      places_(ex, std::size_t{how_.where.threads} * (1 + queued_per_thread)),
      // So large that the loop's thread never waits for room.
      queue_(std::size_t{how_.where.threads} * (1 + queued_per_thread)),
      threads_(
          how_.where.threads, [this] { work(); }, [this] { queue_.close(); }) {}

task<> transform_pool::transform(driven_course& order) {
    const auto ready = clock::now();
    if (places_.all_taken()) findings_.count_transform_held_back();
    const auto place = co_await places_.acquire();
    co_await suspend<std::exception_ptr>([&](resume_with resume) {
        queue_.push({&order, ready, std::move(resume)});
    });
}

void transform_pool::work() {
    sample_this_thread();
    order_scratch scratch;
    std::optional<transform_process> process;
    if (how_.where.in_processes) process.emplace(how_.binary, how_.extra);
    while (auto next = queue_.pop()) {
        findings_.count_transform_wait(clock::now() - next->ready);
        std::exception_ptr failure;
        try {
            if (process) transform_in(*process, *next->order, scratch);
            else next->order->transform(scratch, how_.extra);
        } catch (...) {
            failure = std::current_exception();
        }
        work_for(cpu_section::scheduling);
        resume_soon(executor_, std::move(next->resume), std::move(failure));
    }
}

void transform_pool::transform_in(transform_process& process, driven_course& order, order_scratch& scratch) {
    order_row row;
    const auto deaths_before = process.deaths();
    const auto answer = process.transform(order.id(), order.body(), order.deadline(), row);
    for (auto n = deaths_before; n < process.deaths(); ++n) findings_.count_transform_death();
    switch (answer) {
        case transform_process::answer::transformed: return order.transformed(std::move(row));
        case transform_process::answer::no_such_order: return order.transform(scratch, how_.extra);
        case transform_process::answer::late: return order.transform_late();
        case transform_process::answer::died: break;
    }
    findings_.explain(stage::transform, error_kind::worker_died,
                      [&] { return "the process that transforms died twice: " + process.last_death(); });
    order.transform_died();
}

}  // namespace pipebench
