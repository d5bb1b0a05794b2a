#include "pipeline/transform_pool.hpp"

#include "concurrency/section_sampler.hpp"

#include <utility>

namespace pipebench {

transform_pool::transform_pool(executor ex, unsigned threads, const transform_work& extra, run_findings findings)
    : executor_(ex),
      keep_running_(ex),
      extra_(extra),
      findings_(findings),
      places_(ex, std::size_t{threads} * (1 + queued_per_thread)),
      queue_(std::size_t{threads} * (1 + queued_per_thread)),  // so that the loop's thread never waits for room
      threads_(
          threads, [this] { work(); }, [this] { queue_.close(); }) {}

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
    while (auto next = queue_.pop()) {
        findings_.count_transform_wait(clock::now() - next->ready);
        std::exception_ptr failure;
        try {
            next->order->transform(scratch, extra_);
        } catch (...) {
            failure = std::current_exception();
        }
        work_for(cpu_section::scheduling);
        resume_soon(executor_, std::move(next->resume), std::move(failure));
    }
}

}  // namespace pipebench
