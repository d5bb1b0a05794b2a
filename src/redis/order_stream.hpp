// Keys and entries of an order stream, shared by the producer, the consumers and the session, which deletes the keys
// after a run. Source: redis.io, "Redis Streams", and the command pages.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/workload.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The keys of one run. All of them may be deleted after it.
struct order_stream_keys {
    explicit order_stream_keys(const std::string& prefix)
        : orders(prefix + ":orders"), results(prefix + ":order_results"), dead(prefix + ":dead") {}
    std::string orders, results;
    std::string dead;  ///< orders that were delivered too often without an end
    static constexpr const char* group = "workers";

    [[nodiscard]] std::vector<std::string> all() const { return {orders, results, dead}; }
};

/// How long a run waits for Redis.
struct stream_limits {
    duration reply = std::chrono::seconds{10};     ///< time limit for connecting, and for each exchange
    duration patience = std::chrono::seconds{60};  ///< longest time that Redis may be away

    /// What a run says that ends because of the patience. `why`: the last failure.
    [[nodiscard]] std::string when_given_up(std::string_view why) const;
};
/// From the limits of an order: it waits no longer for Redis than for the other servers. A reply gets a second at
/// least: an exchange may hold a thousand orders.
[[nodiscard]] stream_limits stream_limits_of(const time_limits& order);

/// The stream of a run. A pattern makes its producer and consumers from it. Only those two can read its address,
/// which holds secrets.
class order_stream {
public:
    /// `url`: see parse_redis_address(), also for errors. `key_prefix`: of the run.
    order_stream(std::string_view url, const std::string& key_prefix)
        : address_(parse_redis_address(url)), keys_(key_prefix) {}

    /// Creates the stream and its consumer group. Call it before any worker starts. A stream that a killed run has
    /// left is used as it is. Keeps trying while Redis is away. Throws redis_error.
    void create(const stream_limits& limits) const;

private:
    friend class order_producer;
    friend class stream_consumers;

    redis_address address_;
    order_stream_keys keys_;
};

/// Creates the group, and the stream if it does not exist. The group begins at the start of the stream, so that no
/// entry is skipped. Redis refuses it with BUSYGROUP if the group exists.
[[nodiscard]] redis_command create_group(const order_stream_keys& keys);

/// The id of the order in an entry of the stream; 0 if it holds none.
[[nodiscard]] order_id order_in(const stream_entry& entry) noexcept;

}  // namespace pipebench
