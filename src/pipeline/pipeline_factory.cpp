#include "pipeline/pipeline_factory.hpp"

#include "concurrency/section_sampler.hpp"
#include "concurrency/socket_watchdog.hpp"
#include "contracts/error.hpp"
#include "pipeline/drivers.hpp"
#include "system/environment.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace pipebench {
namespace {

asio::ip::tcp::endpoint endpoint_of(const api_endpoint& api, const std::string& address) {
    boost::system::error_code ec;
    const auto ip = asio::ip::make_address(address.empty() ? api.host : address, ec);
    if (ec) throw setup_error("--target: the IP address of its host is not known");
    return {ip, api.port};
}

store_settings store_settings_at(const workload& work, unsigned connections) {
    return {std::max(connections, 1u), work.write == write_mode::batch ? std::size_t{work.write_batch} : 1};
}

}  // namespace

real_pipelines::real_pipelines(const workload& work, addresses where, traffic_state* shared, run_findings findings,
                               const transform_work& extra)
    : work_(work),
      where_(std::move(where)),
      api_(parse_api_endpoint(where_.target)),
      at_(endpoint_of(api_, where_.target_address)),
      table_{where_.schema, where_.table},
      requests_(shared != nullptr ? *shared : own_, work.retry.budget, work.rate_limit),
      findings_(findings),
      extra_(extra),
      watchdog_(std::make_shared<socket_watchdog>()) {}

real_pipelines::~real_pipelines() = default;

std::shared_ptr<blocking_store> real_pipelines::store_of_blocking_workers() const {
    const std::lock_guard lock(mutex_);
    watchdog_->start();
    auto store = store_.lock();
    if (!store) {
        store = std::make_shared<blocking_store>(where_.postgres, table_, watchdog_,
                                                 store_settings_at(work_, work_.db_connections), findings_);
        store_ = store;
    }
    return store;
}

std::unique_ptr<blocking_pipeline> real_pipelines::blocking() const {
    sample_this_thread();
    return std::make_unique<blocking_driver>(work_, extra_, requests_, findings_,
                                             blocking_fetcher(api_, at_, work_.connections, findings_),
                                             store_of_blocking_workers());
}

transform_pool::settings real_pipelines::transforms() const {
    const auto where = work_.transform_on;
    return {where, where.in_processes ? own_binary() : std::string(), extra_};
}

task<std::unique_ptr<async_pipeline>> real_pipelines::async(unsigned database_connections) const {
    sample_this_thread();
    const auto ex = co_await asio::this_coro::executor;
    auto pipeline = std::make_unique<async_driver>(
        ex, work_, transforms(), requests_, findings_, async_fetcher(ex, api_, at_, work_.connections, findings_),
        async_store(ex, where_.postgres, table_, store_settings_at(work_, database_connections), findings_));
    pipeline->start_opening();
    co_return pipeline;
}

}  // namespace pipebench
