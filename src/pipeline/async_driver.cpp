#include "contracts/cpu_section.hpp"
#include "pipeline/drivers.hpp"
#include "pipeline/order_course.hpp"
#include "pipeline/poison.hpp"

namespace pipebench {

async_driver::async_driver(executor ex, const workload& work, traffic shared, async_fetcher fetcher,
                           async_store store)
    : executor_(ex), work_(work), traffic_(shared), fetcher_(std::move(fetcher)), store_(std::move(store)) {}

void async_driver::start_opening() { store_.start_opening(std::chrono::steady_clock::now() + work_.limits.attempt); }

task<outcome> async_driver::process(order_id id) {
    using step = order_course::step;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    take_on(work_, id);
    order_course course(work_, traffic_, id, now());
    for (;;) switch (course.next()) {
            case step::fetch: {
                work_for(cpu_section::fetch);
                auto fetched = co_await fetcher_.fetch(id, course.attempt_deadline(now()));
                work_for(cpu_section::transform);
                course.fetched(fetched, now());
                fetcher_.give_back(std::move(fetched.body));
                break;
            }
            case step::store: {
                work_for(cpu_section::store);
                const auto kind = co_await store_.store(course.row(), course.attempt_deadline(now()));
                work_for(cpu_section::scheduling);
                course.stored(kind, now());
                break;
            }
            case step::wait: {
                timer pause(executor_, course.pause());
                co_await pause.async_wait(use_task);
                course.waited(now());
                break;
            }
            case step::done: co_return course.result();
        }
}

void async_driver::close() noexcept {
    fetcher_.close();
    store_.close();
}

}  // namespace pipebench
