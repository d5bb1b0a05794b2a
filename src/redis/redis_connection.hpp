// An awaitable Redis connection: hiredis only parses the replies (reply_reader.hpp), so that Asio handles lifetime,
// timeouts and cancellation. Protocol: RESP2.
#pragma once

#include "concurrency/watchdog.hpp"
#include "pipebench/async.hpp"
#include "pipebench/duration.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"
#include "redis/reply_reader.hpp"
#include "redis/tls_session.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <optional>
#include <string>

namespace pipebench {

/// For one event loop and one caller at a time: a command that blocks delays all later ones, so XREADGROUP BLOCK
/// needs its own connection. Every failure is a redis_error. After redis_lost, call connect() again.
class redis_connection {
public:
    explicit redis_connection(executor ex);

    /// Connects, again or for the first time, authenticates, selects the database. `limit`: time limit for that, and
    /// for each later exchange. All addresses of the host's name are tried.
    task<> connect(redis_address where, duration limit);

    /// Sends the commands in one write, and returns their replies in order. `wait`: the time that the commands may
    /// block on purpose, on top of the limit.
    task<std::vector<redis_reply>> pipeline(std::vector<redis_command> commands, duration wait = {});
    task<redis_reply> command(redis_command one, duration wait = {});

    /// Ends the connection at once; a caller that awaits a reply gets a redis_lost.
    void close() noexcept;

private:
    using protocol = asio::generic::stream_protocol;

    task<> open(redis_address where);
    task<boost::system::error_code> connect_to(protocol::endpoint at, watchdog::clock::time_point deadline);
    task<std::vector<redis_reply>> exchange(std::vector<redis_command> commands);
    task<> begin_tls(std::string host);
    task<redis_reply> next_reply();
    [[nodiscard]] redis_lost lost(const boost::system::error_code& ec) const;

    asio::basic_stream_socket<protocol, executor> socket_;
    watchdog deadline_;
    duration limit_{};
    bool timed_out_ = false;
    std::optional<tls_session> tls_;
    reply_reader reader_;
    std::string out_;
    std::array<char, 16 * 1024> in_;
};

}  // namespace pipebench
