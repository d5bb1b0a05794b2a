// Fetches one order after another over one connection. Blocking.
#pragma once

#include "pipeline/deadline_socket.hpp"
#include "pipeline/http_exchange.hpp"

namespace pipebench {

/// Used by one worker. Never throws for a failed exchange.
class blocking_fetcher {
public:
    using time_point = std::chrono::steady_clock::time_point;

    blocking_fetcher(api_endpoint api, boost::asio::ip::tcp::endpoint where, connection_use use);

    /// One attempt, connecting included, which ends by the deadline.
    fetch_result fetch(order_id id, time_point deadline);
    /// Takes back a body that is not needed any more, to reuse its memory.
    void give_back(std::string body) noexcept { spare_ = std::move(body); }

private:
    fetch_result exchange(order_id id);
    fetch_result failed(const boost::system::error_code& ec, exchange_phase phase);

    api_endpoint api_;
    boost::asio::ip::tcp::endpoint where_;
    connection_use use_;
    deadline_socket socket_;
    boost::beast::flat_buffer buffer_;
    std::string request_, spare_;
    bool stale_ = false;  ///< the exchange failed before its first byte, on a connection used before
};

}  // namespace pipebench
