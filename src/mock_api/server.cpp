#include "mock_api/server.hpp"

#include "contracts/error.hpp"
#include "mock_api/counters.hpp"
#include "mock_api/server_loop.hpp"
#include "mock_api/trouble_state.hpp"
#include "pipebench/async.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <signal.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;
using listener = asio::basic_socket_acceptor<tcp, executor>;

constexpr unsigned max_threads = 64;
constexpr unsigned default_max_threads = 4;
constexpr int listen_backlog = 4096;
constexpr std::size_t max_listeners = 8;
constexpr std::size_t accepts_per_turn = 1024;
constexpr std::chrono::milliseconds accept_pause{20};  ///< after an accept failed for want of resources

/// Accepts, and deals the connections out in turn. On a thread of its own.
class reception {
public:
    using loops = std::vector<std::unique_ptr<server_loop>>;

    reception(const server_settings& settings, counters& count, const loops& serving);

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void stop();  ///< on its thread

private:
    /// A listener, and the pause it makes when we are out of resources.
    struct entrance {
        explicit entrance(executor ex) : door(ex), pause(ex) {}
        listener door;
        timer pause;
    };

    void listen();
    void open(entrance& e, const tcp::endpoint& where, error_code& ec);
    void await_clients(entrance& e);
    void accept_waiting(entrance& e);
    void admit(entrance& e, error_code& ec);
    void refuse(entrance& e, error_code& ec);
    void pause(entrance& e);

    const server_settings& settings_;
    counters& count_;
    const loops& serving_;
    std::size_t next_ = 0;
    asio::io_context context_{1};
    std::deque<entrance> entrances_;  ///< all on one port
    std::uint16_t port_ = 0;
    std::string refusal_;
};

reception::reception(const server_settings& settings, counters& count, const loops& serving)
    : settings_(settings), count_(count), serving_(serving) {
    api_reply busy;
    busy.status = 503;
    reply_writer(settings_.api).append(refusal_, busy);
    listen();
    for (entrance& e : entrances_) await_clients(e);
}

// The kernel caps a listen queue at net.core.somaxconn, 4096 by default, and drops what comes beyond: those
// clients try again a second later. So there are several queues on the port, enough for max_connections.
void reception::listen() {
    error_code ec;
    const auto address = asio::ip::make_address(settings_.address, ec);
    if (ec)
        throw setup_error(fmt::format("the mock API cannot listen on '{}': give an IP address, as 127.0.0.1",
                                      printable(settings_.address)));
    const std::size_t wanted = settings_.max_connections / listen_backlog + 1;
    port_ = settings_.port;
    while (!ec && entrances_.size() < std::min(wanted, max_listeners))
        open(entrances_.emplace_back(context_.get_executor()), {address, port_}, ec);
    if (ec)
        throw system_failure(
            fmt::format("the mock API cannot listen on {} port {}", settings_.address, settings_.port), ec.value());
}

// The first one binds before it allows others on the port: a port that somebody has is refused.
void reception::open(entrance& e, const tcp::endpoint& where, error_code& ec) {
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    listener& door = e.door;
    const bool first = entrances_.size() == 1;
    door.open(where.protocol(), ec);
    if (!ec) door.set_option(listener::reuse_address(true), ec);
    if (!ec && !first) door.set_option(reuse_port(true), ec);
    if (!ec) door.bind(where, ec);
    if (!ec && first) door.set_option(reuse_port(true), ec);
    if (!ec) door.listen(listen_backlog, ec);
    if (!ec) door.non_blocking(true, ec);
    if (!ec) port_ = door.local_endpoint(ec).port();
}

void reception::await_clients(entrance& e) {
    e.door.async_wait(listener::wait_read, [this, &e](const error_code& ec) {
        if (!ec && e.door.is_open()) accept_waiting(e);
    });
}

void reception::accept_waiting(entrance& e) {
    error_code ec;
    for (std::size_t accepted = 0; accepted < accepts_per_turn && !ec; ++accepted) {
        if (count_.open_connections() < settings_.max_connections) admit(e, ec);
        else refuse(e, ec);
    }
    if (!ec || ec == asio::error::would_block) return await_clients(e);
    count_.count_refusal();
    pause(e);
}

void reception::admit(entrance& e, error_code& ec) {
    server_loop& home = *serving_[next_];
    stream socket = e.door.accept(home.context(), ec);
    if (ec) return;
    count_.open_connection();
    next_ = (next_ + 1) % serving_.size();
    error_code ignored;  // of a client that is gone already: its loop finds out
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    asio::post(home.context(), [&home, socket = std::move(socket)]() mutable { home.adopt(std::move(socket)); });
}

void reception::refuse(entrance& e, error_code& ec) {
    stream socket = e.door.accept(context_, ec);
    if (ec) return;
    count_.count_refusal();
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(refusal_), ignored);  // fits: the socket's buffer is empty
    socket.shutdown(stream::shutdown_send, ignored);
}

/// Out of descriptors or memory: those who wait stay in the listen queue, and we do not spin.
void reception::pause(entrance& e) {
    e.pause.expires_after(accept_pause);
    e.pause.async_wait([this, &e](const error_code&) {
        if (e.door.is_open()) await_clients(e);
    });
}

void reception::stop() {
    error_code ignored;
    for (entrance& e : entrances_) {
        e.door.close(ignored);
        e.pause.cancel();
    }
}

/// Blocks all signals of this thread, and so of the threads it starts, for as long as it lives.
class without_signals {
public:
    without_signals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~without_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    without_signals(const without_signals&) = delete;
    without_signals& operator=(const without_signals&) = delete;

private:
    sigset_t before_;
};

unsigned serving_threads(const server_settings& settings) {
    if (settings.threads > max_threads)
        throw setup_error(
            fmt::format("the mock API takes at most {} threads, not {}", max_threads, settings.threads));
    if (settings.threads > 0) return settings.threads;
    return std::clamp(std::thread::hardware_concurrency(), 1U, default_max_threads);
}

}  // namespace

class mock_api_server::machinery {
public:
    explicit machinery(const server_settings& settings) : settings_(settings) { start(); }
    ~machinery() {
        stop();
        wait();
    }
    machinery(const machinery&) = delete;
    machinery& operator=(const machinery&) = delete;

    void stop() {
        asio::post(reception_.context(), [this] {
            reception_.stop();
            // After the last connection was handed over: none arrives at a loop that has ended.
            for (const auto& loop : loops_) asio::post(loop->context(), [&loop] { loop->stop(); });
        });
    }
    void wait() {
        for (std::thread& t : threads_) t.join();
        threads_.clear();
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return reception_.port(); }
    [[nodiscard]] api_stats stats() const noexcept { return count_.read(); }

private:
    [[nodiscard]] std::unique_ptr<trouble_state> make_trouble() {
        return settings_.api.trouble.none() ? nullptr : std::make_unique<trouble_state>(settings_.api, count_);
    }
    [[nodiscard]] reception::loops make_loops() {
        reception::loops made(serving_threads(settings_));
        for (auto& loop : made) loop = std::make_unique<server_loop>(settings_, count_, trouble_.get());
        return made;
    }

    void start() try {
        const without_signals guard;
        for (const auto& loop : loops_) threads_.emplace_back([&loop] { loop->context().run(); });
        threads_.emplace_back([this] { reception_.context().run(); });
    } catch (const std::system_error& e) {
        abandon();
        throw system_failure("the mock API cannot start its threads", e.code().value());
    }

    /// The reception's thread, which stops the others, may be the one that is missing.
    void abandon() {
        for (const auto& loop : loops_) loop->context().stop();
        wait();
    }

    const server_settings settings_;
    counters count_{serving_threads(settings_)};
    const std::unique_ptr<trouble_state> trouble_ = make_trouble();
    reception::loops loops_ = make_loops();
    reception reception_{settings_, count_, loops_};
    std::vector<std::thread> threads_;
};

mock_api_server::mock_api_server(const server_settings& settings)
    : machinery_(std::make_unique<machinery>(settings)) {}
mock_api_server::~mock_api_server() = default;

std::uint16_t mock_api_server::port() const noexcept { return machinery_->port(); }
api_stats mock_api_server::stats() const noexcept { return machinery_->stats(); }
void mock_api_server::stop() { machinery_->stop(); }
void mock_api_server::wait() { machinery_->wait(); }

}  // namespace pipebench
