// Orders over Redis Streams: what the producer, the consumers and the session, which deletes the keys after a run,
// agree on. Source: redis.io, "Redis Streams", and the command pages.
#pragma once

#include "pipebench/order.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The keys of one run, all of which may be deleted when it is over.
struct order_stream_keys {
    explicit order_stream_keys(const std::string& prefix)
        : orders(prefix + ":orders"), results(prefix + ":order_results"), dead(prefix + ":dead") {}
    std::string orders, results;
    std::string dead;  ///< orders that were delivered too often without an end
    static constexpr const char* group = "workers";

    [[nodiscard]] std::vector<std::string> all() const { return {orders, results, dead}; }
};

/// The stream of a run: what a pattern gets to make a producer and consumers of. Its address, which holds secrets, is
/// for those two alone.
class order_stream {
public:
    /// `url`: see redis_address.hpp, also for what it throws. `key_prefix`: the run's.
    order_stream(std::string_view url, const std::string& key_prefix)
        : address_(parse_redis_address(url)), keys_(key_prefix) {}

    /// Makes the stream and its group, before any worker is started. A stream that a killed run of the same name has
    /// left is used as it is. Throws redis_error.
    void create() const;

private:
    friend class order_producer;
    friend class stream_consumers;

    redis_address address_;
    order_stream_keys keys_;
};

/// Makes the group, and the stream where there is none. The group begins at the stream's beginning, so that nothing
/// is skipped. Refused with BUSYGROUP when there is such a group.
[[nodiscard]] redis_command create_group(const order_stream_keys& keys);

/// The number of the order in a stream's entry; 0 when there is none.
[[nodiscard]] order_id order_in(const stream_entry& entry) noexcept;

}  // namespace pipebench
