#include "contracts/cpu_section.hpp"
#include "pipeline/drivers.hpp"
#include "pipeline/order_course.hpp"
#include "pipeline/poison.hpp"

#include <thread>

namespace pipebench {

blocking_driver::blocking_driver(const workload& work, traffic shared, blocking_fetcher fetcher,
                                 std::shared_ptr<blocking_store> store)
    : work_(work), traffic_(shared), fetcher_(std::move(fetcher)), store_(std::move(store)) {}

outcome blocking_driver::process(order_id id) {
    using step = order_course::step;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    take_on(work_, id);
    order_course course(work_, traffic_, id, now());
    for (;;) switch (course.next()) {
            case step::fetch: {
                work_for(cpu_section::fetch);
                auto fetched = fetcher_.fetch(id, course.attempt_deadline(now()));
                work_for(cpu_section::transform);
                course.fetched(fetched, now());
                fetcher_.give_back(std::move(fetched.body));
                break;
            }
            case step::store: {
                work_for(cpu_section::store);
                const auto kind = store_->store(course.row(), course.attempt_deadline(now()));
                work_for(cpu_section::scheduling);
                course.stored(kind, now());
                break;
            }
            case step::wait:
                std::this_thread::sleep_for(course.pause());
                course.waited(now());
                break;
            case step::done: work_for(cpu_section::scheduling); return course.result();
        }
}

}  // namespace pipebench
