// Waiting for orders to arrive: on an event loop, and in a thread. In a closed run nobody ever waits.
#pragma once

#include "concurrency/suspend.hpp"
#include "pipebench/order_source.hpp"

#include <cstddef>
#include <optional>

namespace pipebench {

/// The orders of a run for one event loop; on its thread only. One taker.
class async_arrivals {
public:
    /// `orders` must outlive it.
    async_arrivals(executor ex, order_source& orders) : executor_(ex), orders_(orders), until_(ex) {}

    /// Lets orders arrive when they are due, until all have, whether anybody takes them or not. Ends at once in a closed
    /// run. Spawn it once; it has to end before its owner does.
    task<> pace();
    /// The oldest order that has arrived, once there is one. nullopt when none is left, and after a stop request.
    task<std::optional<order_id>> next();

private:
    void wake_taker();

    executor executor_;
    order_source& orders_;
    timer until_;
    std::optional<resumer<>> taker_;  ///< waits for an arrival
};

/// The same for a thread, which lets orders arrive itself: it must do nothing else that takes long.
[[nodiscard]] std::optional<order_id> next_arrival(order_source& orders);

/// How many orders a queue between the thread that lets them arrive and those that carry them out has to hold. In a
/// closed run `usual`. Under open load arrivals wait for nobody, and only --queue-limit bounds them.
[[nodiscard]] std::size_t queue_capacity(const order_source& orders, std::size_t usual);

}  // namespace pipebench
