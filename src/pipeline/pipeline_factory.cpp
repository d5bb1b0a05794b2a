#include "concurrency/section_sampler.hpp"
#include "concurrency/socket_watchdog.hpp"
#include "contracts/error.hpp"
#include "pipeline/drivers.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace pipebench {
namespace {

asio::ip::tcp::endpoint resolve(const api_endpoint& api) {
    asio::io_context here;
    asio::ip::tcp::resolver resolver(here);
    boost::system::error_code ec;
    const auto found = resolver.resolve(api.host, std::to_string(api.port), ec);
    if (ec) throw setup_error(fmt::format("--target: cannot find host {}: {}", printable(api.host), ec.message()));
    return found.begin()->endpoint();
}

store_settings store_settings_at(const workload& work, unsigned connections) {
    return {std::max(connections, 1u), work.write == write_mode::batch ? std::size_t{work.write_batch} : 1};
}

}  // namespace

/// What all pipelines of a process share.
struct pipeline_factory::common {
    common(const workload& work, const addresses& where, traffic_state* shared)
        : api(parse_api_endpoint(where.target)),
          at(resolve(api)),
          table{where.schema, where.table},
          requests(shared != nullptr ? *shared : own, work.retry.budget, work.rate_limit) {}

    api_endpoint api;
    asio::ip::tcp::endpoint at;
    table_name table;
    traffic_state own{};
    traffic requests;
    std::shared_ptr<socket_watchdog> dog = std::make_shared<socket_watchdog>();
    std::mutex rows_mutex;
    std::weak_ptr<blocking_store> rows;  ///< of the blocking workers there are; its connections end with the last one
};

pipeline_factory::pipeline_factory(const workload& work, addresses where, traffic_state* shared)
    : work_(&work), where_(std::move(where)), common_(std::make_shared<common>(work, where_, shared)) {}

std::shared_ptr<blocking_store> pipeline_factory::shared_rows() const {
    const std::lock_guard lock(common_->rows_mutex);
    auto rows = common_->rows.lock();
    if (!rows) {
        rows = std::make_shared<blocking_store>(where_.postgres, common_->table, common_->dog,
                                                store_settings_at(*work_, work_->db_connections));
        common_->rows = rows;
    }
    return rows;
}

std::unique_ptr<blocking_pipeline> pipeline_factory::blocking() const {
    sample_this_thread();
    return std::make_unique<blocking_driver>(
        *work_, common_->requests, blocking_fetcher(common_->api, common_->at, work_->connections), shared_rows());
}

task<std::unique_ptr<async_pipeline>> pipeline_factory::async(unsigned database_connections) const {
    sample_this_thread();
    const auto ex = co_await asio::this_coro::executor;
    auto pipeline = std::make_unique<async_driver>(
        ex, *work_, common_->requests, async_fetcher(ex, common_->api, common_->at, work_->connections),
        async_store(ex, where_.postgres, common_->table, store_settings_at(*work_, database_connections)));
    pipeline->start_opening();
    co_return pipeline;
}

}  // namespace pipebench
