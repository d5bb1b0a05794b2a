#include "pipeline/driven_course.hpp"
#include "pipeline/drivers.hpp"
#include "pipeline/poison.hpp"
#include "pipeline/transform_pool.hpp"

namespace pipebench {

async_driver::async_driver(executor ex, const workload& work, transform_pool::settings transforms, traffic shared,
                           run_findings findings, async_fetcher fetcher, async_store store)
    : executor_(ex),
      work_(work),
      extra_(transforms.extra),
      traffic_(shared),
      findings_(findings),
      fetcher_(std::move(fetcher)),
      store_(std::move(store)) {
    if (transforms.where.threads > 0) pool_ = std::make_unique<transform_pool>(ex, std::move(transforms), findings);
}

async_driver::~async_driver() = default;

void async_driver::start_opening() { store_.start_opening(std::chrono::steady_clock::now() + work_.limits.attempt); }

task<outcome> async_driver::process(order_id id) {
    using step = driven_course::step;
    die_if_poisoned(work_, id);
    driven_course order(work_, traffic_, findings_, id);
    while (true) {
        switch (order.next()) {
            case step::fetch: {
                auto result = co_await fetcher_.fetch(id, order.begin_attempt());
                order.fetched(std::move(result));
                break;
            }
            case step::transform: {
                if (pool_) co_await pool_->transform(order);
                else order.transform(scratch_, extra_);
                fetcher_.give_back(order.take_body());
                break;
            }
            case step::store: {
                const auto kind = co_await store_.store(order.row(), order.begin_attempt());
                order.stored(kind);
                break;
            }
            case step::wait: {
                timer pause(executor_, order.pause());
                co_await pause.async_wait(use_task);
                order.waited();
                break;
            }
            case step::done: co_return order.result();
        }
    }
}

void async_driver::close() noexcept {
    pool_.reset();
    fetcher_.close();
    store_.close();
}

}  // namespace pipebench
