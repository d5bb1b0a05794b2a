// The pipelines of a real run: orders over HTTP, rows into PostgreSQL.
#pragma once

#include "contracts/addresses.hpp"
#include "contracts/run_findings.hpp"
#include "contracts/traffic.hpp"
#include "pipebench/pipeline.hpp"
#include "pipebench/workload.hpp"
#include "pipeline/endpoint.hpp"
#include "pipeline/order_table.hpp"
#include "pipeline/transform_pool.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <mutex>

namespace pipebench {

class blocking_store;
class socket_watchdog;

class real_pipelines final : public pipeline_factory {
public:
    /// `shared`: retry budget and rate limit of the whole run (recorder.hpp); if null, only the pipelines of this
    /// factory share them. `findings`: gets the reasons of failures. `extra`: CPU work in the transform. Throws
    /// setup_error if the target is not a URL, or if its IP address is not known: probe_target() finds that of a name.
    real_pipelines(const workload& work, addresses where, traffic_state* shared = nullptr, run_findings findings = {},
                   const transform_work& extra = {});
    real_pipelines(const real_pipelines&) = delete;
    real_pipelines& operator=(const real_pipelines&) = delete;
    ~real_pipelines() override;

    [[nodiscard]] std::unique_ptr<blocking_pipeline> blocking() const override;
    [[nodiscard]] task<std::unique_ptr<async_pipeline>> async(unsigned database_connections) const override;

private:
    [[nodiscard]] std::shared_ptr<blocking_store> store_of_blocking_workers() const;
    [[nodiscard]] transform_pool::settings transforms() const;

    const workload& work_;
    addresses where_;
    api_endpoint api_;
    asio::ip::tcp::endpoint at_;
    table_name table_;
    traffic_state own_{};
    traffic requests_;
    run_findings findings_;
    transform_work extra_;
    std::shared_ptr<socket_watchdog> watchdog_;
    mutable std::mutex mutex_;
    mutable std::weak_ptr<blocking_store> store_;  ///< closed with the last worker that holds it
};

}  // namespace pipebench
