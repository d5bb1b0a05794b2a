// Where a pattern gets its orders from. In an open run an order arrives when its time has come, and waits in the
// source's queue until the pattern takes it; in a closed run all are due at the start, and the pattern takes the next
// one whenever it likes.
#pragma once

#include "pipebench/order_log.hpp"
#include "pipebench/workload.hpp"

#include <chrono>
#include <deque>
#include <optional>

namespace pipebench {

class arrival_schedule;

/// For one thread. concurrency/arrivals.hpp waits for arrivals, on an event loop or in a thread.
class order_source {
public:
    using clock = std::chrono::steady_clock;

    /// `when`, `out` and what `stop` reads must outlive it. The clock of the run has to be started before admit().
    order_source(const workload& work, const arrival_schedule& when, order_log& out, stop_flag stop) noexcept;

    [[nodiscard]] bool is_open() const noexcept { return open_; }
    [[nodiscard]] std::uint64_t orders() const noexcept { return orders_; }

    /// Lets every order arrive that is due. Orders that find the queue full are turned away, or held back until it has
    /// room (--when-full). An order that has ended is left out: the run was killed, and started again. No effect in a
    /// closed run.
    void admit();
    /// The oldest order that has arrived and was not taken; in a closed run the next one. nullopt if there is none, and
    /// after a stop request.
    [[nodiscard]] std::optional<order_id> take();

    /// True when no order will arrive any more, because all have, or after a stop request.
    [[nodiscard]] bool all_arrived() const noexcept { return next_ > orders_ || stop_.requested(); }
    /// True when take() will give no order any more.
    [[nodiscard]] bool all_taken() const noexcept {
        return (next_ > orders_ && arrived_.empty()) || stop_.requested();
    }
    /// How long admit() may be left alone: until the next arrival, but at most `longest_sleep`, so that a stop request
    /// is seen. 0 in a closed run, as everything is due.
    [[nodiscard]] clock::duration until_next() const noexcept;

    static constexpr std::chrono::milliseconds longest_sleep{100};
    /// Between two looks whether a full queue has room again.
    static constexpr std::chrono::milliseconds full_queue_pause{1};

private:
    [[nodiscard]] clock::time_point due_at(order_id id) const noexcept;
    [[nodiscard]] bool queue_is_full() const noexcept;

    const arrival_schedule& when_;
    order_log& out_;
    stop_flag stop_;
    std::uint64_t orders_, queue_limit_;
    when_full full_;
    bool open_;
    order_id next_ = 1;               ///< the next one to arrive
    std::deque<order_id> arrived_;    ///< and not taken
    clock::time_point held_until_{};  ///< orders could not arrive until then
};

}  // namespace pipebench
