#include "mock_api/server.hpp"

#include "pipebench/async.hpp"
#include "pipebench/error.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;
using stream = asio::basic_stream_socket<tcp, executor>;
using listener = asio::basic_socket_acceptor<tcp, executor>;
using steady = std::chrono::steady_clock;

constexpr unsigned max_threads = 64;
constexpr unsigned default_max_threads = 4;
constexpr int listen_backlog = 4096;
constexpr std::size_t max_listeners = 8;
constexpr std::size_t accepts_per_turn = 1024;
constexpr std::size_t read_size = 16 * 1024;      ///< taken from a socket at once
constexpr std::size_t output_size = 64 * 1024;    ///< pipelined answers collected before they are sent
constexpr std::size_t idle_capacity = 1024;       ///< of the input an idle connection may keep
constexpr std::size_t linger_bytes = 256 * 1024;  ///< read and dropped after a rejection, so that it arrives
constexpr std::chrono::seconds linger_time{2};
constexpr std::chrono::seconds longest_sweep_interval{1};
constexpr std::chrono::milliseconds accept_pause{20};  ///< after an accept failed for want of resources

/// Shared by all threads. Relaxed: each stands for itself, and clients are ordered by their own exchanges.
class counters {
public:
    explicit counters(unsigned threads) noexcept : threads_(threads) {}

    void begin_request() noexcept {
        requests_.fetch_add(1, std::memory_order_relaxed);
        raise(peak_concurrent_, concurrent_.fetch_add(1, std::memory_order_relaxed) + 1);
    }
    void end_request() noexcept { concurrent_.fetch_sub(1, std::memory_order_relaxed); }
    void end_request_with_response() noexcept {
        end_request();
        responses_.fetch_add(1, std::memory_order_relaxed);
    }
    void open_connection() noexcept {
        connections_.fetch_add(1, std::memory_order_relaxed);
        raise(peak_connections_, open_connections_.fetch_add(1, std::memory_order_relaxed) + 1);
    }
    void close_connection() noexcept { open_connections_.fetch_sub(1, std::memory_order_relaxed); }
    void count_refusal() noexcept { refusals_.fetch_add(1, std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t open_connections() const noexcept {
        return open_connections_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] api_stats read() const noexcept {
        api_stats s;
        s.threads = threads_;
        s.requests = requests_;
        s.responses = responses_;
        s.concurrent = concurrent_;
        s.peak_concurrent = peak_concurrent_;
        s.connections = connections_;
        s.open_connections = open_connections_;
        s.peak_connections = peak_connections_;
        s.refusals = refusals_;
        return s;
    }

private:
    using counter = std::atomic<std::uint64_t>;
    static void raise(counter& peak, std::uint64_t value) noexcept {
        auto seen = peak.load(std::memory_order_relaxed);
        while (seen < value && !peak.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
        }
    }

    const unsigned threads_;
    counter requests_{0}, responses_{0}, concurrent_{0}, peak_concurrent_{0};
    counter connections_{0}, open_connections_{0}, peak_connections_{0}, refusals_{0};
};

class connection;

/// One serving thread: its event loop, its connections, and the memory they share. All but context() is for
/// that thread alone.
class server_loop {
public:
    server_loop(const server_settings& options, counters& shared);

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    void adopt(stream&& socket);
    void remove(const connection& ended);
    void stop();  ///< context().run() returns once the last connection is gone

    const server_settings& settings;
    counters& count;
    reply_writer writer;
    std::array<char, read_size> input;
    std::string spare_output;  ///< lent to the connection that is answering: idle ones hold none

private:
    void sweep_later();
    void sweep();

    asio::io_context context_{1};
    asio::executor_work_guard<executor> guard_{context_.get_executor()};
    timer sweeper_{context_.get_executor()};
    std::list<connection> connections_;
    bool stopping_ = false;
};

/// One client. Between any two of its steps exactly one operation is pending (readable, writable or a delay);
/// its handler takes the next step, or removes the connection. After close() the pending one is the last.
class connection {
public:
    connection(server_loop& home, stream&& socket);
    ~connection();

    void receive();  ///< the first step
    void close();
    [[nodiscard]] bool overdue(steady::time_point now) const;

    std::list<connection>::const_iterator self;

private:
    using step = void (connection::*)();
    enum class phase : std::uint8_t { serving, answered_last, lingering };
    enum class sending : std::uint8_t { done, blocked, broken };

    void proceed();
    bool compose();
    bool read_request();
    [[nodiscard]] bool reply_is_due() const;
    void compose_reply();
    sending send();
    void give_back_output();
    void finish();
    void discard();
    void await_readable();
    void await_delay();
    void await(stream::wait_type what, step next);
    void resume(const error_code& ec, step next);

    server_loop& home_;
    stream socket_;
    timer delay_;
    std::optional<request_reader> reader_;
    std::string input_;  ///< received; taken by the reader up to taken_
    std::size_t taken_ = 0;
    std::string output_;  ///< composed; sent up to sent_
    std::size_t sent_ = 0;
    std::size_t discarded_ = 0;
    std::optional<api_reply> reply_;  ///< decided, and not yet composed
    steady::time_point due_;          ///< of reply_
    steady::time_point quiet_since_ = steady::now();
    phase phase_ = phase::serving;
    bool rejected_ = false;
};

bool asks_for_order(const api_reply& reply) { return reply.resource == api_resource::order; }

connection::connection(server_loop& home, stream&& socket)
    : home_(home), socket_(std::move(socket)), delay_(home.context().get_executor()) {
    reader_.emplace(home_.settings.api);
}

connection::~connection() {
    if (reply_ && asks_for_order(*reply_)) home_.count.end_request();
    close();  // before it is counted as closed
    home_.count.close_connection();
}

void connection::close() {
    error_code ignored;
    socket_.close(ignored);
    delay_.cancel();
}

bool connection::overdue(steady::time_point now) const {
    const bool delaying = reply_ && output_.empty();
    if (delaying) return false;
    const duration limit = phase_ == phase::lingering ? linger_time : home_.settings.idle_timeout;
    return now - quiet_since_ > limit;
}

void connection::receive() {
    error_code ec;
    const std::size_t size = socket_.read_some(asio::buffer(home_.input), ec);
    if (ec == asio::error::would_block) return await_readable();
    if (ec) return home_.remove(*this);
    input_.append(home_.input.data(), size);
    proceed();
}

/// Answers all it can, then waits for what is missing: room to send, the end of a delay, or more to read.
void connection::proceed() {
    do {
        const sending result = send();
        if (result == sending::blocked) return await(stream::wait_write, &connection::proceed);
        if (result == sending::broken) return home_.remove(*this);
    } while (compose());
    if (reply_) return await_delay();
    if (phase_ == phase::answered_last) return finish();
    await_readable();
}

/// Composes the answers that are due, in order and up to output_size. False if there were none.
bool connection::compose() {
    output_ = std::move(home_.spare_output);
    while (output_.size() < output_size && phase_ == phase::serving) {
        if (!reply_ && !read_request()) break;
        if (!reply_is_due()) break;
        compose_reply();
    }
    if (!output_.empty()) return true;
    give_back_output();
    return false;
}

bool connection::read_request() {
    auto rest = std::string_view(input_).substr(taken_);
    const auto progress = reader_->feed(rest);
    taken_ = input_.size() - rest.size();
    if (progress == request_reader::progress::incomplete) return false;
    rejected_ = progress == request_reader::progress::failed;
    reply_ = reader_->reply();
    reader_.emplace(home_.settings.api);
    if (reply_->delay > duration{}) due_ = steady::now() + reply_->delay;
    if (asks_for_order(*reply_)) home_.count.begin_request();
    return true;
}

bool connection::reply_is_due() const { return reply_->delay == duration{} || steady::now() >= due_; }

void connection::compose_reply() {
    // Counted before it is sent: whoever has the answer finds it counted.
    if (asks_for_order(*reply_)) home_.count.end_request_with_response();
    const bool stats = reply_->resource == api_resource::stats;
    home_.writer.append(output_, *reply_, stats ? home_.count.read() : api_stats{});
    if (reply_->connection == persistence::close) phase_ = phase::answered_last;
    reply_.reset();
    quiet_since_ = steady::now();
}

connection::sending connection::send() {
    while (sent_ < output_.size()) {
        error_code ec;
        sent_ += socket_.write_some(asio::buffer(output_) + sent_, ec);
        if (ec == asio::error::would_block) return sending::blocked;
        if (ec) return sending::broken;
    }
    if (!output_.empty()) {
        quiet_since_ = steady::now();
        give_back_output();
    }
    return sending::done;
}

void connection::give_back_output() {
    output_.clear();
    sent_ = 0;
    home_.spare_output = std::move(output_);
    output_.clear();
}

/// A rejected client may still be sending. Closing now would reset the connection, and the answer could be
/// lost with it: RFC 9112, 9.6.
void connection::finish() {
    if (!rejected_) return home_.remove(*this);
    error_code ignored;
    socket_.shutdown(stream::shutdown_send, ignored);
    phase_ = phase::lingering;
    discard();
}

void connection::discard() {
    error_code ec;
    while (!ec && discarded_ < linger_bytes) discarded_ += socket_.read_some(asio::buffer(home_.input), ec);
    if (ec != asio::error::would_block) return home_.remove(*this);
    await(stream::wait_read, &connection::discard);
}

void connection::await_readable() {
    input_.erase(0, taken_);
    taken_ = 0;
    if (input_.empty() && input_.capacity() > idle_capacity) input_ = {};
    await(stream::wait_read, &connection::receive);
}

void connection::await_delay() {
    delay_.expires_at(due_);
    delay_.async_wait([this](const error_code& ec) { resume(ec, &connection::proceed); });
}

void connection::await(stream::wait_type what, step next) {
    socket_.async_wait(what, [this, next](const error_code& ec) { resume(ec, next); });
}

void connection::resume(const error_code& ec, step next) {
    if (ec || !socket_.is_open()) return home_.remove(*this);
    (this->*next)();
}

server_loop::server_loop(const server_settings& options, counters& shared)
    : settings(options), count(shared), writer(options.api) {
    sweep_later();
}

void server_loop::adopt(stream&& socket) {
    connection& added = connections_.emplace_back(*this, std::move(socket));
    added.self = std::prev(connections_.end());
    added.receive();
}

void server_loop::remove(const connection& ended) { connections_.erase(ended.self); }

void server_loop::stop() {
    stopping_ = true;
    guard_.reset();
    sweeper_.cancel();
    for (connection& c : connections_) c.close();
}

/// One timer for all idle timeouts: one each would have to be moved with every request.
void server_loop::sweep_later() {
    const auto interval = std::min<duration>(longest_sweep_interval, settings.idle_timeout / 4 + duration{1});
    sweeper_.expires_after(interval);
    sweeper_.async_wait([this](const error_code&) {
        if (!stopping_) sweep();
    });
}

void server_loop::sweep() {
    const auto now = steady::now();
    for (connection& c : connections_)
        if (c.overdue(now)) c.close();
    sweep_later();
}

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
    static reception::loops make_loops(const server_settings& settings, counters& count) {
        reception::loops made;
        const unsigned threads = serving_threads(settings);
        for (unsigned i = 0; i < threads; ++i) made.push_back(std::make_unique<server_loop>(settings, count));
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
    reception::loops loops_ = make_loops(settings_, count_);
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
