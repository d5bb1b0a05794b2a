// Fetches any number of orders at the same time on one event loop, over connections that it reuses.
#pragma once

#include "contracts/run_findings.hpp"
#include "pipebench/async.hpp"
#include "pipeline/http_exchange.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pipebench {

/// Used by one event loop. It opens a connection if none is idle, so there are never more connections than orders in
/// flight.
class async_fetcher {
public:
    using time_point = std::chrono::steady_clock::time_point;

    async_fetcher(executor ex, api_endpoint api, asio::ip::tcp::endpoint where, connection_use use,
                  run_findings findings = {});
    async_fetcher(async_fetcher&&) noexcept;
    ~async_fetcher();

    /// One attempt, connecting included, which ends by the deadline. Never throws for a failed exchange.
    task<fetch_result> fetch(order_id id, time_point deadline);

    /// Takes back a body that is not needed any more, to reuse its memory.
    void give_back(std::string body) noexcept;

    /// Closes the idle connections. Nothing may be in flight.
    void close() noexcept;

private:
    struct shared_memory;
    class connection;
    std::unique_ptr<connection> take_idle() noexcept;

    executor executor_;
    api_endpoint api_;
    asio::ip::tcp::endpoint where_;
    connection_use use_;
    run_findings findings_;
    std::unique_ptr<shared_memory> shared_;
    std::vector<std::unique_ptr<connection>> idle_;  ///< the last used is used next
};

}  // namespace pipebench
