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

void redis_connection::start_clock(duration wait) { deadline_.set(watchdog::clock::now() + limit_ + wait); }

void redis_connection::close() noexcept {
    error_code ignored;
    socket_.close(ignored);
}

redis_lost redis_connection::lost(const error_code& ec) const {
    return redis_lost("Redis: " + (timed_out_ ? "timed out" : ec.message()));
}

task<> redis_connection::open(const redis_address& where) {
    error_code ec;
    if (!where.unix_path.empty()) {
        const protocol::endpoint at{asio::local::stream_protocol::endpoint(where.unix_path)};
        co_await socket_.async_connect(at, asio::redirect_error(use_task, ec));
    } else {
        asio::ip::basic_resolver<asio::ip::tcp, executor> resolver(socket_.get_executor());
        const auto found = co_await resolver.async_resolve(where.host, std::to_string(where.port),
                                                           asio::redirect_error(use_task, ec));
        for (const auto& entry : found) {
            close();
            const protocol::endpoint at{entry.endpoint()};
            co_await socket_.async_connect(at, asio::redirect_error(use_task, ec));
            if (!ec) break;
        }
    }
    if (ec) throw redis_lost("Redis: cannot connect to " + where.printable_form() + ": " + ec.message());
}

task<> redis_connection::connect(redis_address where, duration limit) {
    close();
    reader_.reset(redisReaderCreate());  // the old one may hold half a reply of the previous connection
    if (!reader_) throw std::bad_alloc();
    limit_elements(*reader_);
    timed_out_ = false;
    limit_ = limit;
    start_clock({});
    co_await open(where);
    deadline_.clear();
    auto logins = where.login_commands();
    for (auto& one : logins) {
        const auto reply = co_await command(std::move(one));
        throw_if_error(*reply);
    }
}

task<std::vector<redis_reply>> redis_connection::pipeline(std::vector<redis_command> commands, duration wait) {
    out_.clear();
    for (const auto& c : commands) append_command(out_, c);
    start_clock(wait);
    error_code ec;
    co_await asio::async_write(socket_, asio::buffer(out_), asio::redirect_error(use_task, ec));
    if (ec) throw lost(ec);
    std::vector<redis_reply> replies;
    for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(co_await next_reply());
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
    std::size_t fed = 0;
    for (;;) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
            throw redis_lost("Redis: not a Redis protocol reply");
        if (reply != nullptr) co_return redis_reply(static_cast<redisReply*>(reply));
        error_code ec;
        const auto n = co_await socket_.async_read_some(asio::buffer(in_), asio::redirect_error(use_task, ec));
        if (ec) throw lost(ec);
        fed += n;
        if (fed > max_reply_bytes) throw redis_lost("Redis: the reply is too large");
        redisReaderFeed(reader_.get(), in_.data(), n);
    }
}

}  // namespace pipebench
