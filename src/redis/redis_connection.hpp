// An awaitable Redis connection: the reply parser of hiredis over an Asio socket, so that Asio handles lifetime,
// timeouts and cancellation. Protocol: RESP2.
#pragma once

#include "concurrency/watchdog.hpp"
#include "pipebench/async.hpp"
#include "pipebench/duration.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <array>

namespace pipebench {

/// For one event loop and one caller at a time: a command that blocks delays all later ones, so XREADGROUP BLOCK
/// needs its own connection. Every failure is a redis_error. After redis_lost, call connect() again.
class redis_connection {
public:
    static constexpr std::size_t max_reply_bytes = 64u << 20;  ///< a larger reply ends the connection

    explicit redis_connection(executor ex);

    /// Connects, again or for the first time, authenticates, selects the database. `limit`: time limit for each of
    /// these, and for each later reply.
    task<> connect(redis_address where, duration limit);

    /// Sends the commands in one write, and returns their replies in order. `wait`: the time that the commands may
    /// block on purpose, on top of the limit.
    task<std::vector<redis_reply>> pipeline(std::vector<redis_command> commands, duration wait = {});
    task<redis_reply> command(redis_command one, duration wait = {});

    /// Ends the connection at once; a caller that awaits a reply gets a redis_lost.
    void close() noexcept;

private:
    using protocol = asio::generic::stream_protocol;

    task<> open(const redis_address& where);
    task<redis_reply> next_reply();
    [[nodiscard]] redis_lost lost(const boost::system::error_code& ec) const;
    void start_clock(duration wait);

    asio::basic_stream_socket<protocol, executor> socket_;
    watchdog deadline_;
    duration limit_{};
    bool timed_out_ = false;
    std::unique_ptr<redisReader, redis_reader_deleter> reader_;
    std::string out_;
    std::array<char, 16 * 1024> in_;
};

}  // namespace pipebench
