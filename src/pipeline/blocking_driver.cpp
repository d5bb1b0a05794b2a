#include "pipeline/driven_course.hpp"
#include "pipeline/drivers.hpp"
#include "pipeline/poison.hpp"

#include <thread>

namespace pipebench {

blocking_driver::blocking_driver(const workload& work, const transform_work& extra, traffic shared,
                                 run_findings findings, blocking_fetcher fetcher,
                                 std::shared_ptr<blocking_store> store)
    : work_(work),
      extra_(extra),
      traffic_(shared),
      findings_(findings),
      fetcher_(std::move(fetcher)),
      store_(std::move(store)) {}

outcome blocking_driver::process(order_id id) {
    using step = driven_course::step;
    die_if_poisoned(work_, id);
    driven_course order(work_, traffic_, findings_, id);
    while (true) {
        switch (order.next()) {
            case step::fetch: {
                auto result = fetcher_.fetch(id, order.begin_attempt());
                order.fetched(std::move(result));
                break;
            }
            case step::transform: {
                order.transform(scratch_, extra_);
                fetcher_.give_back(order.take_body());
                break;
            }
            case step::store: {
                const auto kind = store_->store(order.row(), order.begin_attempt());
                order.stored(kind);
                break;
            }
            case step::wait: {
                std::this_thread::sleep_for(order.pause());
                order.waited();
                break;
            }
            case step::done: return order.result();
        }
    }
}

}  // namespace pipebench
