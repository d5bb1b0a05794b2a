// The two drivers of an order's course (driven_course.hpp): one blocks, one awaits.
#pragma once

#include "contracts/run_findings.hpp"
#include "contracts/traffic.hpp"
#include "pipebench/pipeline.hpp"
#include "pipeline/async_fetcher.hpp"
#include "pipeline/async_store.hpp"
#include "pipeline/blocking_fetcher.hpp"
#include "pipeline/blocking_store.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/transform_pool.hpp"

#include <memory>

namespace pipebench {

class blocking_driver final : public blocking_pipeline {
public:
    blocking_driver(const workload& work, const transform_work& extra, traffic shared, run_findings findings,
                    blocking_fetcher fetcher, std::shared_ptr<blocking_store> store);
    outcome process(order_id id) override;

private:
    const workload& work_;
    transform_work extra_;
    traffic traffic_;
    run_findings findings_;
    blocking_fetcher fetcher_;
    std::shared_ptr<blocking_store> store_;  ///< shared by the workers of the process
    order_scratch scratch_;
};

class async_driver final : public async_pipeline {
public:
    async_driver(executor ex, const workload& work, transform_pool::settings transforms, traffic shared,
                 run_findings findings, async_fetcher fetcher, async_store store);
    ~async_driver() override;
    void start_opening();
    task<outcome> process(order_id id) override;
    void close() noexcept override;

private:
    executor executor_;
    const workload& work_;
    transform_work extra_;
    traffic traffic_;
    run_findings findings_;
    async_fetcher fetcher_;
    async_store store_;
    order_scratch scratch_;
    std::unique_ptr<transform_pool> pool_;  ///< null: the loop transforms
};

}  // namespace pipebench
