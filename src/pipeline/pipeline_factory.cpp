#include "pipeline/pipeline_factory.hpp"

#include "concurrency/section_sampler.hpp"
#include "concurrency/socket_watchdog.hpp"
#include "contracts/error.hpp"
#include "pipeline/drivers.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <algorithm>

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

void check_target(std::string_view url) { static_cast<void>(resolve(parse_api_endpoint(url))); }

real_pipelines::real_pipelines(const workload& work, addresses where, traffic_state* shared)
    : work_(work),
      where_(std::move(where)),
      api_(parse_api_endpoint(where_.target)),
      at_(resolve(api_)),
      table_{where_.schema, where_.table},
      requests_(shared != nullptr ? *shared : own_, work.retry.budget, work.rate_limit),
      watchdog_(std::make_shared<socket_watchdog>()) {}

real_pipelines::~real_pipelines() = default;

std::shared_ptr<blocking_store> real_pipelines::store_of_blocking_workers() const {
    const std::lock_guard lock(mutex_);
    watchdog_->start();
    auto store = store_.lock();
    if (!store) {
        store = std::make_shared<blocking_store>(where_.postgres, table_, watchdog_,
                                                 store_settings_at(work_, work_.db_connections));
        store_ = store;
    }
    return store;
}

std::unique_ptr<blocking_pipeline> real_pipelines::blocking() const {
    sample_this_thread();
    return std::make_unique<blocking_driver>(work_, requests_, blocking_fetcher(api_, at_, work_.connections),
                                             store_of_blocking_workers());
}

task<std::unique_ptr<async_pipeline>> real_pipelines::async(unsigned database_connections) const {
    sample_this_thread();
    const auto ex = co_await asio::this_coro::executor;
    auto pipeline = std::make_unique<async_driver>(
        ex, work_, requests_, async_fetcher(ex, api_, at_, work_.connections),
        async_store(ex, where_.postgres, table_, store_settings_at(work_, database_connections)));
    pipeline->start_opening();
    co_return pipeline;
}

}  // namespace pipebench
