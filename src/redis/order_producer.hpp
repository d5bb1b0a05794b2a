// The parent's side of an order stream: adds the orders, learns from the results when all are done, and adds again
// what Redis has lost.
#pragma once

#include "pipebench/order_log.hpp"
#include "redis/order_stream.hpp"
#include "redis/reconnect_pace.hpp"
#include "redis/redis_client.hpp"
#include "redis/stream_inventory.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct producer_settings {
    std::uint64_t orders = 0;
    duration patience{};                           ///< how long Redis may be away at a stretch
    stop_flag stop;                                ///< asked while orders are added
    std::function<void(std::string_view)> note{};  ///< called once for every loss
};

/// Blocking; one thread. While Redis is away each call tries once more, after a pause, so that the caller can look
/// after its workers meanwhile; beyond the patience the redis_lost escapes. Any other failure is a redis_error.
class order_producer {
public:
    /// Connects; throws redis_error when it cannot. `stream` need not outlive it.
    order_producer(const order_stream& stream, producer_settings settings);

    /// XADDs orders 1..N in chunks, except those that an earlier run has left on the stream, or done. Ends early when
    /// asked to stop.
    void add_all();
    /// Waits a moment for results, and counts each order once.
    void read_results();
    [[nodiscard]] bool all_results_in() const noexcept { return orders_.all_done(); }

private:
    struct loss {
        reconnect_pace pace;
        reconnect_pace::clock::time_point since;
        enum class kind : std::uint8_t { redis_away, stream_gone } what;
        bool came_back_empty = false;
        std::uint64_t added = 0;  ///< again
    };
    bool attempt(const std::function<void()>& work);
    void open_loss(loss::kind what);
    void reconnect();
    void make_up_for_loss();
    void add_missing();
    void add(const std::vector<order_id>& orders);
    [[nodiscard]] std::string describe_loss() const;
    void list_stream();
    std::size_t take_results(const char* wait_ms);
    [[nodiscard]] std::uint64_t stream_length();

    order_stream_keys keys_;
    redis_address address_;
    producer_settings settings_;
    std::optional<redis_client> redis_;
    std::optional<loss> loss_;  ///< Redis has lost something, or may have
    stream_inventory orders_;
    std::uint64_t length_ = 0;  ///< of the stream: no entry is ever removed from it
    std::string last_result_;
};

}  // namespace pipebench
