// Keys and entries of an order stream, shared by the producer, the consumers and the session, which deletes the keys
// after a run. Source: redis.io, "Redis Streams", and the command pages.
#pragma once

#include "contracts/span_log.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pipebench {

class redis_client;

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
    order_id last_order = ~order_id{0};            ///< orders beyond it are none of this run's: they are dropped

    /// What a run says that ends because of the patience. `why`: the last failure.
    [[nodiscard]] std::string when_given_up(std::string_view why) const;
};
/// From the limits of an order: it waits no longer for Redis than for the other servers. A reply gets a second at
/// least: an exchange may hold a thousand orders.
[[nodiscard]] stream_limits stream_limits_of(const workload& work);
/// Of workers elsewhere: they keep trying until they are told that the session is over.
[[nodiscard]] stream_limits stream_limits_elsewhere(const workload& work);

/// The stream of a run. A pattern makes its producer and consumers from it. Only those two can read its address,
/// which holds secrets.
class order_stream {
public:
    /// `url`: see parse_redis_address(), also for errors. `key_prefix`: of the run. `instance`: of a worker elsewhere,
    /// whose results say what happened; empty on the machine of the session. `spans`: for acknowledgements.
    order_stream(std::string_view url, const std::string& key_prefix, std::string instance = {}, span_log spans = {})
        : address_(parse_redis_address(url)), keys_(key_prefix), instance_(std::move(instance)), spans_(spans) {}

    /// Creates the stream and its consumer group. Call it before any worker starts. A stream that a killed run has
    /// left is used as it is. Keeps trying while Redis is away. Throws redis_error.
    void create(const stream_limits& limits) const;

private:
    friend class order_producer;
    friend class stream_consumers;

    redis_address address_;
    order_stream_keys keys_;
    std::string instance_;
    span_log spans_;
};

/// Creates the group, and the stream if it does not exist. The group begins at the start of the stream, so that no
/// entry is skipped. Redis refuses it with BUSYGROUP if the group exists.
[[nodiscard]] redis_command create_group(const order_stream_keys& keys);
/// The same, unless there is one. Throws redis_error.
void create_group_once(redis_client& redis, const order_stream_keys& keys);

/// The id of the order in an entry of the stream; 0 if it holds none.
[[nodiscard]] order_id order_in(const stream_entry& entry) noexcept;

/// An entry on the stream of results.
struct order_result {
    order_id order = 0;
    outcome what;
    std::chrono::nanoseconds service{};  ///< begin to end, by the clock of its worker
    std::string instance;  ///< of a worker elsewhere (contracts/session_cards.hpp); empty: of this machine
};

[[nodiscard]] redis_command add_result(const order_stream_keys& keys, const order_result& r);
/// What an entry says that a worker elsewhere has added; nullopt for anything that add_result() does not write.
[[nodiscard]] std::optional<order_result> result_in(const stream_entry& entry);

/// The id of an entry as numbers, which grow; {0, 0} if it is none.
[[nodiscard]] std::pair<std::uint64_t, std::uint64_t> position_of(std::string_view entry_id) noexcept;

}  // namespace pipebench
