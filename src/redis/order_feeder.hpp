// Puts the orders of an open run on their stream as they arrive: each with an XADD of its own, pipelined, without
// waiting for the answer. (One transaction for several would give all of them to the worker that waits longest.) It
// works beside a client that waits for results, so that an order arrives in time although Redis does not answer.
#pragma once

#include "pipebench/order_source.hpp"
#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"
#include "redis/stream_inventory.hpp"

#include <cstdint>
#include <optional>

namespace pipebench {

/// With a connection of its own. Call it in the thread of the client that it works beside. A failure of Redis leaves
/// run() as a redis_error; after it, call disconnect() and find out what is on the stream.
class order_feeder final : public side_work {
public:
    /// Additions that Redis has not answered yet. Beyond it orders wait here, so that sending never blocks.
    static constexpr std::uint64_t most_unanswered = 1000;

    /// What is referred to must outlive it. `inventory`: gets every order that is added, and those that never will be
    /// (shed ones) as done.
    order_feeder(const order_stream_keys& keys, order_source& orders, stream_inventory& inventory)
        : keys_(keys), orders_(orders), inventory_(inventory) {}

    void connect(const redis_address& where, duration reply_limit);
    void disconnect() noexcept;

    void run() override;
    [[nodiscard]] std::chrono::steady_clock::time_point next() const override;
    [[nodiscard]] pollfd watched() const override;

    /// Every order up to this one has been added, or never will be.
    [[nodiscard]] order_id last_taken() const noexcept { return last_taken_; }
    /// Additions that Redis has confirmed since count_from_here().
    [[nodiscard]] std::uint64_t added() const noexcept { return added_; }
    void count_from_here() noexcept { added_ = 0; }

    /// While it lives, orders arrive, but none is added: for questions about what is on the stream.
    class rest {
    public:
        explicit rest(order_feeder& feeder) noexcept : feeder_(feeder) { feeder_.resting_ = true; }
        ~rest() { feeder_.resting_ = false; }
        rest(const rest&) = delete;
        rest& operator=(const rest&) = delete;

    private:
        order_feeder& feeder_;
    };

private:
    void send();
    void take_answers();
    void take_over(order_id id);

    const order_stream_keys& keys_;
    order_source& orders_;
    stream_inventory& inventory_;
    duration limit_{};
    std::optional<redis_client> redis_;
    std::chrono::steady_clock::time_point last_answer_;  ///< or first question since all were answered
    std::uint64_t unanswered_ = 0, added_ = 0;
    order_id last_taken_ = 0;
    bool resting_ = false;
};

}  // namespace pipebench
