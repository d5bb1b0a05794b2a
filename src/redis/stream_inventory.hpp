// Records which orders of a run are on its stream and which have a result, and so which must be added (again). Pure:
// the producer reports what it has read from Redis.
#pragma once

#include "pipebench/order.hpp"

#include <cstdint>
#include <vector>

namespace pipebench {

/// It needs three bits per order. Ids outside 1..N are ignored.
class stream_inventory {
public:
    static constexpr order_id max_id = ~order_id{0};

    explicit stream_inventory(std::uint64_t orders);

    /// The order has a result. A second result, of an order delivered again, changes nothing. True if it is the first.
    bool mark_done(order_id id);
    [[nodiscard]] bool all_done() const noexcept { return done_count_ == orders_; }
    [[nodiscard]] std::uint64_t done_count() const noexcept { return done_count_; }

    /// Call it before the stream is listed again: entries may have been lost.
    void forget_stream();
    void mark_found(order_id id);
    /// True if the order had been on the stream before, and was lost.
    bool mark_added(order_id id);
    [[nodiscard]] bool is_on_stream(order_id id) const { return was_ordered(id) && on_stream_[id]; }

    /// The first orders after `id`, up to `last`, that are neither on the stream nor done; at most `limit`.
    [[nodiscard]] std::vector<order_id> missing_after(order_id id, std::size_t limit, order_id last = max_id) const;

private:
    [[nodiscard]] bool was_ordered(order_id id) const noexcept { return id >= 1 && id <= orders_; }

    std::uint64_t orders_;
    std::uint64_t done_count_ = 0;
    std::vector<bool> done_;
    std::vector<bool> on_stream_;   ///< since the stream was last listed
    std::vector<bool> seen_there_;  ///< at any time
};

}  // namespace pipebench
