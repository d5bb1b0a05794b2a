// Accepts the clients of the mock API, and passes each to a serving thread; those over the limit get 503.
#pragma once

#include "mock_api/counters.hpp"
#include "mock_api/server.hpp"
#include "mock_api/server_loop.hpp"
#include "pipebench/async.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace pipebench {

using server_loops = std::vector<std::unique_ptr<server_loop>>;

/// Only for the thread that runs its context. All arguments must outlive it.
class connection_acceptor {
public:
    /// Binds and listens. Throws setup_error.
    connection_acceptor(const server_settings& settings, counters& count, const server_loops& serving);

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void stop();

private:
    using error_code = boost::system::error_code;
    using tcp = asio::ip::tcp;
    using acceptor_socket = asio::basic_socket_acceptor<tcp, executor>;

    /// A listening socket, and the timer of its pause after resources have run out.
    struct listener {
        explicit listener(executor ex) : socket(ex), pause(ex) {}
        acceptor_socket socket;
        timer pause;
    };

    void listen();
    void open(listener& l, const tcp::endpoint& where, error_code& ec);
    void await_clients(listener& l);
    void accept_waiting(listener& l);
    void admit(listener& l, error_code& ec);
    void hand_over();
    void refuse(listener& l, error_code& ec);
    void pause(listener& l);

    const server_settings& settings_;
    counters& count_;
    const server_loops& serving_;
    std::vector<std::vector<stream>> admitted_;  ///< in this turn, by loop
    std::size_t next_ = 0;
    asio::io_context context_{1};
    std::deque<listener> listeners_;  ///< all on one port
    std::uint16_t port_ = 0;
    std::string refusal_;
};

}  // namespace pipebench
