// One consumer's connection to Redis: it connects when it is first used, and keeps trying while Redis is away, or
// back without the consumer group.
#pragma once

#include "redis/order_stream.hpp"
#include "redis/redis_connection.hpp"

#include <random>
#include <string>
#include <vector>

namespace pipebench {

struct consumer_limits {
    duration reply = std::chrono::seconds{10};     ///< for connecting, and for each reply
    duration patience = std::chrono::seconds{60};  ///< how long Redis may be away at a stretch
};

/// What the connections of a process have in common.
struct stream_access {
    redis_address address;
    order_stream_keys keys;
    consumer_limits limits;
    bool closed = false;
};

/// Of one event loop; one caller at a time.
class stream_connection {
public:
    /// `access` must outlive it. `seed`: another one for each, so that they do not all come back at the same instant.
    stream_connection(const stream_access& access, executor ex, std::uint64_t seed);

    /// The replies, none of them an error. While Redis is away or loading it tries again after a pause, and makes the
    /// group again where it was lost; when the patience is over the redis_error escapes. `wait`: the time that the
    /// commands may block on purpose. Empty: closed, and Redis is away.
    task<std::vector<redis_reply>> ask(std::vector<redis_command> commands, duration wait = {});
    /// The same, for commands that wait for new orders: interrupt() ends the connection then.
    task<std::vector<redis_reply>> ask_interruptibly(std::vector<redis_command> commands, duration wait);
    /// False when closed meanwhile.
    task<bool> sleep(duration d);

    [[nodiscard]] bool closed() const noexcept { return access_.closed; }
    /// After `access.closed` was set: wakes the caller if it sleeps or waits for new orders.
    void interrupt() noexcept;

private:
    task<std::vector<redis_reply>> try_once(std::vector<redis_command> commands, duration wait);

    const stream_access& access_;
    redis_connection redis_;
    timer nap_;
    std::minstd_rand random_;
    bool connected_ = false, interruptible_ = false;
};

/// A list of one: g++ 12 cannot build it inside a co_await expression.
[[nodiscard]] std::vector<redis_command> only(redis_command one);

}  // namespace pipebench
