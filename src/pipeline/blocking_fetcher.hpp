// Fetches one order after another over one connection. Blocking.
#pragma once

#include "contracts/run_findings.hpp"
#include "pipeline/deadline_socket.hpp"
#include "pipeline/http_exchange.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// Used by one worker. Never throws for a failed exchange.
class blocking_fetcher {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// `waits`: for the main thread; elsewhere only the deadline ends an attempt.
    blocking_fetcher(api_endpoint api, boost::asio::ip::tcp::endpoint where, connection_use use,
                     run_findings findings = {}, patience waits = {});

    /// One attempt, connecting included, which ends by the deadline.
    fetch_result fetch(order_id id, time_point deadline);
    /// The same for another path of the API, such as "/about".
    fetch_result get(std::string_view path, time_point deadline);
    /// Takes back a body that is not needed any more, to reuse its memory.
    void give_back(std::string body) noexcept { spare_ = std::move(body); }

private:
    fetch_result attempt(time_point deadline);
    fetch_result exchange();
    /// Leaves the parser of the answer: interim responses before it are read and dropped.
    void read_answer(std::optional<response_parser>& parser, boost::system::error_code& ec);
    fetch_result failed(const boost::system::error_code& ec, exchange_phase phase);

    api_endpoint api_;
    boost::asio::ip::tcp::endpoint where_;
    connection_use use_;
    run_findings findings_;
    deadline_socket socket_;
    boost::beast::flat_buffer buffer_;
    std::string request_, spare_;
    bool got_interim_ = false;  ///< in this exchange
    bool reused_ = false;       ///< the connection of this attempt was used before
    bool stale_ = false;        ///< the exchange failed before its first byte, on a connection used before
};

}  // namespace pipebench
