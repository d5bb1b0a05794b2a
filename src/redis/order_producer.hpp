// The parent's side of an order stream: adds the orders, reads their results until all are done, and adds again the
// orders that Redis has lost.
#pragma once

#include "pipebench/order_log.hpp"
#include "redis/order_feeder.hpp"
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
    stream_limits limits;
    stop_flag stop;                                ///< asked while orders are added
    std::function<void(std::string_view)> note{};  ///< called once per loss
    order_source* arrivals = nullptr;              ///< of an open run; null: all orders are due at the start
    /// Called for each result of workers elsewhere, also for a repeated one.
    std::function<void(const order_result&)> result{};
};

/// Blocking; one thread. While Redis is away, each call tries once and then pauses, so that the caller can check its
/// workers between calls. When the patience is over it throws the redis_error of the last try. Any other failure is
/// thrown as a redis_error at once.
class order_producer {
public:
    /// Connects. Throws redis_error. `stream` need not outlive it.
    order_producer(const order_stream& stream, producer_settings settings);

    /// XADDs orders 1..N in chunks, except those that a killed run has left on the stream or has done. Ends early
    /// after a stop request. In an open run orders are added as they arrive, while read_results() waits.
    void add_all();
    /// Waits a moment for results, and counts each order once. If every order was acknowledged and a result is missing,
    /// it adds that order again; a result that is missing max_additions times in turn is a redis_error.
    void read_results();
    [[nodiscard]] bool all_results_in() const noexcept { return orders_.all_done(); }

    static constexpr unsigned max_additions = 5;

private:
    struct loss {
        reconnect_pace pace;
        reconnect_pace::clock::time_point since;
        enum class kind : std::uint8_t { redis_away, stream_gone, results_gone } what;
        bool came_back_empty = false;
        std::uint64_t added = 0;  ///< again
    };
    bool attempt(const std::function<void()>& work);
    void open_loss(loss::kind what);
    void connect();
    void reconnect();
    void make_up_for_loss();
    void close_loss();
    [[nodiscard]] bool all_acknowledged();
    void make_up_for_lost_results();
    void take_all_results();
    void add_missing();
    void add_where_missing();
    void add(const std::vector<order_id>& orders);
    [[nodiscard]] std::string describe_loss() const;
    void list_stream();
    std::size_t take_results(std::chrono::milliseconds wait);
    void take_result(const stream_entry& entry);
    [[nodiscard]] std::uint64_t stream_length();
    void pause(duration time);
    [[nodiscard]] order_id last_added() const noexcept;

    order_stream_keys keys_;
    redis_address address_;
    producer_settings settings_;
    stream_inventory orders_;
    std::optional<order_feeder> feeder_;  ///< of an open run
    std::optional<redis_client> redis_;
    std::optional<loss> loss_;  ///< set while orders may have been lost in Redis
    std::uint64_t length_ = 0;  ///< of the stream, at least: no entry is ever removed from it
    std::string last_result_;
    unsigned additions_ = 0;                               ///< in turn, for results that are missing
    std::pair<std::uint64_t, std::uint64_t> last_told_{};  ///< position of the last result that was passed on
    bool told_strange_ = false;                            ///< that there are results that no worker has added
};

}  // namespace pipebench
