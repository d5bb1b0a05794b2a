// Orders over Redis Streams: what the producer, the consumers and whoever cleans up after them agree on. Source:
// redis.io, "Redis Streams", and the command pages.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/pipeline.hpp"
#include "redis/redis_reply.hpp"

#include <string>
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

/// Makes the stream and its group, before any worker is started. What a run of the same name that was killed has left
/// is taken over as it is.
void create_order_stream(const addresses& where);

/// The command that does; from the stream's beginning, so that nothing is skipped. Refused with BUSYGROUP when the
/// group is there.
[[nodiscard]] redis_command create_group(const order_stream_keys& keys);

/// The number of the order in a stream's entry; 0 when there is none.
[[nodiscard]] order_id order_in(const stream_entry& entry) noexcept;

}  // namespace pipebench
