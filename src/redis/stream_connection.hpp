// One consumer's connection to Redis: it connects at its first use, and keeps trying while Redis is away or has lost
// the consumer group.
#pragma once

#include "redis/order_stream.hpp"
#include "redis/redis_connection.hpp"

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace pipebench {

/// Shared by the stream connections of a process.
struct stream_access {
    redis_address address;
    order_stream_keys keys;
    stream_limits limits;
    std::string instance{};  ///< of a worker elsewhere
    span_log spans{};        ///< for acknowledgements
    bool closed = false;
};

/// For one event loop; one caller at a time.
class stream_connection {
public:
    /// `access` must outlive it. `seed`: different for each, so that they do not all reconnect at the same time.
    stream_connection(const stream_access& access, executor ex, std::uint64_t seed);

    /// Returns the replies, none of them an error. While Redis is away it sends all commands again after a pause; it
    /// creates the group again if that was lost. Throws the redis_error when the patience is over. Empty if closed
    /// while Redis was away, but on the machine of the session alone: a worker elsewhere goes on trying.
    task<std::vector<redis_reply>> ask(std::vector<redis_command> commands) {
        return keep_asking(std::move(commands), {}, needed::all);
    }
    /// The same for commands of which the last waits for new orders, up to `wait`: interrupt() ends it by closing the
    /// connection. Only the last reply is certain not to be an error.
    task<std::vector<redis_reply>> ask_interruptibly(std::vector<redis_command> commands, duration wait);
    /// False if closed meanwhile.
    task<bool> sleep(duration d);

    /// The number of exchanges with Redis that were begun; the next one begins when the reply was read or lost. Any
    /// thread.
    [[nodiscard]] std::uint64_t exchange() const noexcept { return exchange_.load(std::memory_order_relaxed); }

    [[nodiscard]] bool closed() const noexcept { return access_.closed; }
    /// Call it after `access.closed` was set. Wakes the caller if it sleeps or waits for new orders.
    void interrupt() noexcept;

private:
    enum class needed : std::uint8_t { all, last };  ///< the replies that must not be errors
    task<std::vector<redis_reply>> keep_asking(std::vector<redis_command> commands, duration wait, needed which);
    task<std::vector<redis_reply>> try_once(std::vector<redis_command> commands, duration wait, needed which);

    const stream_access& access_;
    redis_connection redis_;
    timer nap_;
    std::minstd_rand random_;
    bool connected_ = false, interruptible_ = false;
    std::atomic<std::uint64_t> exchange_{0};
};

/// A list of one: g++ 12 cannot build it inside a co_await expression.
[[nodiscard]] std::vector<redis_command> only(redis_command one);

}  // namespace pipebench
