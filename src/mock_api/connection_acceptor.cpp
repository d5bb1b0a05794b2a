#include "mock_api/connection_acceptor.hpp"

#include "contracts/error.hpp"
#include "mock_api/reply_writer.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

constexpr int listen_backlog = 4096;
constexpr std::size_t max_listeners = 8;
constexpr std::size_t accepts_per_turn = 1024;
constexpr std::chrono::milliseconds accept_pause{20};  ///< after an accept failed for lack of resources

}  // namespace

connection_acceptor::connection_acceptor(const server_settings& settings, counters& count,
                                         const server_loops& serving)
    : settings_(settings), count_(count), serving_(serving), admitted_(serving.size()) {
    api_reply busy;
    busy.status = 503;
    reply_writer(settings_.api).append(refusal_, busy);
    listen();
    for (listener& l : listeners_) await_clients(l);
}

// The kernel limits a listen queue to net.core.somaxconn, 4096 by default, and drops further connects: their clients
// retry a second later. So the port has several queues, enough for max_connections.
void connection_acceptor::listen() {
    error_code ec;
    const auto address = asio::ip::make_address(settings_.address, ec);
    if (ec)
        throw setup_error(fmt::format("the mock API cannot listen on '{}': give an IP address, as 127.0.0.1",
                                      printable(settings_.address)));
    const std::size_t wanted = settings_.max_connections / listen_backlog + 1;
    port_ = settings_.port;
    while (!ec && listeners_.size() < std::min(wanted, max_listeners))
        open(listeners_.emplace_back(context_.get_executor()), {address, port_}, ec);
    if (ec)
        throw system_failure(
            fmt::format("the mock API cannot listen on {} port {}", settings_.address, settings_.port), ec.value());
}

// The first listener binds before it sets SO_REUSEPORT, so that a port in use is refused.
void connection_acceptor::open(listener& l, const tcp::endpoint& where, error_code& ec) {
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    const bool first = listeners_.size() == 1;
    l.socket.open(where.protocol(), ec);
    if (!ec) l.socket.set_option(acceptor_socket::reuse_address(true), ec);
    if (!ec) l.socket.set_option(tcp::no_delay(true), ec);  // for all that it accepts
    if (!ec && !first) l.socket.set_option(reuse_port(true), ec);
    if (!ec) l.socket.bind(where, ec);
    if (!ec && first) l.socket.set_option(reuse_port(true), ec);
    if (!ec) l.socket.listen(listen_backlog, ec);
    if (!ec) l.socket.non_blocking(true, ec);
    if (!ec) port_ = l.socket.local_endpoint(ec).port();
}

void connection_acceptor::await_clients(listener& l) {
    l.socket.async_wait(acceptor_socket::wait_read, [this, &l](const error_code& ec) {
        if (!ec && l.socket.is_open()) accept_waiting(l);
    });
}

void connection_acceptor::accept_waiting(listener& l) {
    error_code ec;
    for (std::size_t accepted = 0; accepted < accepts_per_turn && !ec; ++accepted) {
        if (count_.open_connections() < settings_.max_connections) admit(l, ec);
        else refuse(l, ec);
    }
    hand_over();
    if (!ec || ec == asio::error::would_block) return await_clients(l);
    count_.count_refusal();
    pause(l);
}

void connection_acceptor::admit(listener& l, error_code& ec) {
    stream socket = l.socket.accept(serving_[next_]->context(), ec);
    if (ec) return;
    count_.open_connection();
    error_code ignored;  // if the client has already closed: its loop will notice
    socket.non_blocking(true, ignored);
    admitted_[next_].push_back(std::move(socket));
    next_ = (next_ + 1) % serving_.size();
}

/// All connections of one turn at once: to wake a loop for each would cost more than to accept it.
void connection_acceptor::hand_over() {
    for (std::size_t i = 0; i < admitted_.size(); ++i) {
        if (admitted_[i].empty()) continue;
        server_loop& home = *serving_[i];
        asio::post(home.context(), [&home, sockets = std::exchange(admitted_[i], {})]() mutable {
            for (auto& socket : sockets) home.add(std::move(socket));
        });
    }
}

void connection_acceptor::refuse(listener& l, error_code& ec) {
    stream socket = l.socket.accept(context_, ec);
    if (ec) return;
    count_.count_refusal();
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(refusal_), ignored);  // fits: the socket's buffer is empty
    socket.shutdown(stream::shutdown_send, ignored);
}

/// Called when descriptors or memory have run out: clients wait in the listen queue, and we do not retry in a busy
/// loop.
void connection_acceptor::pause(listener& l) {
    l.pause.expires_after(accept_pause);
    l.pause.async_wait([this, &l](const error_code&) {
        if (l.socket.is_open()) await_clients(l);
    });
}

void connection_acceptor::stop() {
    error_code ignored;
    for (listener& l : listeners_) {
        l.socket.close(ignored);
        l.pause.cancel();
    }
}

}  // namespace pipebench
