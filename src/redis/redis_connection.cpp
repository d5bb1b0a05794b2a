#include "redis/redis_connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace pipebench {

using boost::system::error_code;

// The watchdog only closes the socket: the pending operation then fails, and lost() gives the reason.
redis_connection::redis_connection(executor ex)
    : socket_(ex), deadline_(ex, [this] {
          timed_out_ = true;
          close();
      }) {}

void redis_connection::close() noexcept {
    error_code ignored;
    socket_.close(ignored);
}

redis_lost redis_connection::lost(const error_code& ec) const {
    return redis_lost("Redis: " + (timed_out_ ? "timed out" : ec.message()));
}

/// One try. An address that does not answer gets its share of the time only.
task<error_code> redis_connection::connect_to(protocol::endpoint at, watchdog::clock::time_point deadline) {
    error_code ec;
    close();
    timed_out_ = false;
    deadline_.set(deadline);
    co_await socket_.async_connect(at, asio::redirect_error(use_task, ec));
    co_return ec;
}

task<> redis_connection::open(redis_address where) {
    const auto deadline = watchdog::clock::now() + limit_;
    error_code ec;
    if (!where.unix_path.empty()) {
        const protocol::endpoint at{asio::local::stream_protocol::endpoint(where.unix_path)};
        ec = co_await connect_to(at, deadline);
    } else {
        asio::ip::basic_resolver<asio::ip::tcp, executor> resolver(socket_.get_executor());
        const auto found = co_await resolver.async_resolve(where.host, std::to_string(where.port),
                                                           asio::redirect_error(use_task, ec));
        auto left = found.size();
        for (const auto& entry : found) {
            const auto now = watchdog::clock::now();
            const protocol::endpoint at{entry.endpoint()};
            ec = co_await connect_to(at, now + (deadline - now) / static_cast<int>(left--));
            if (!ec) break;
        }
    }
    if (ec)
        throw redis_lost("Redis: cannot connect to " + where.printable_form() + ": " +
                         (timed_out_ ? "timed out" : ec.message()));
    deadline_.set(deadline);
}

task<> redis_connection::connect(redis_address where, duration limit) {
    reader_.start_over();  // it may hold half a reply of the previous connection
    limit_ = limit;
    co_await open(where);
    tls_.reset();
    if (where.tls) co_await begin_tls(where.host);
    auto logins = where.login_commands();
    for (auto& one : logins) {
        std::vector<redis_command> commands;
        commands.push_back(std::move(one));
        const auto replies = co_await exchange(std::move(commands));
        throw_if_error(*replies.front());
    }
    deadline_.clear();
}

task<> redis_connection::begin_tls(std::string host) {
    tls_.emplace(host);
    for (;;) {
        tls_->shake_hands();
        out_ = tls_->take_to_send();
        error_code ec;
        co_await asio::async_write(socket_, asio::buffer(out_), asio::redirect_error(use_task, ec));
        if (ec) throw lost(ec);
        if (tls_->is_open()) co_return;
        const auto n = co_await socket_.async_read_some(asio::buffer(in_), asio::redirect_error(use_task, ec));
        if (ec) throw lost(ec);
        tls_->received({in_.data(), n});
    }
}

task<std::vector<redis_reply>> redis_connection::exchange(std::vector<redis_command> commands) {
    out_.clear();
    for (const auto& c : commands) append_command(out_, c);
    reader_.begin_exchange();
    if (tls_) {
        tls_->encrypt(out_);
        out_ = tls_->take_to_send();
    }
    error_code ec;
    co_await asio::async_write(socket_, asio::buffer(out_), asio::redirect_error(use_task, ec));
    if (ec) throw lost(ec);
    std::vector<redis_reply> replies;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        replies.push_back(co_await next_reply());
        // Whoever was refused wants to try again soon, and not after a later command has blocked.
        if (is_refused(*replies.back())) deadline_.set(watchdog::clock::now() + limit_);
    }
    co_return replies;
}

task<std::vector<redis_reply>> redis_connection::pipeline(std::vector<redis_command> commands, duration wait) {
    deadline_.set(watchdog::clock::now() + limit_ + wait);
    auto replies = co_await exchange(std::move(commands));
    deadline_.clear();
    co_return replies;
}

task<redis_reply> redis_connection::command(redis_command one, duration wait) {
    std::vector<redis_command> commands;
    commands.push_back(std::move(one));
    auto replies = co_await pipeline(std::move(commands), wait);
    co_return std::move(replies.front());
}

task<redis_reply> redis_connection::next_reply() {
    for (;;) {
        if (auto reply = reader_.next()) co_return reply;
        error_code ec;
        const auto n = co_await socket_.async_read_some(asio::buffer(in_), asio::redirect_error(use_task, ec));
        if (ec) throw lost(ec);
        if (!tls_) {
            reader_.take({in_.data(), n});
            continue;
        }
        tls_->received({in_.data(), n});
        while (const auto plain = tls_->decrypt(in_)) reader_.take({in_.data(), plain});
    }
}

}  // namespace pipebench
