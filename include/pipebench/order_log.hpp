// How a pattern records each order, and how it learns that it has to stop.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <atomic>
#include <chrono>

namespace pipebench {

struct record_board;

/// How the session asks a run to end early. Patterns ask before every order.
class stop_flag {
public:
    explicit stop_flag(const std::atomic<bool>& flag) noexcept : flag_(&flag) {}
    [[nodiscard]] bool requested() const noexcept { return flag_->load(std::memory_order_relaxed); }

private:
    const std::atomic<bool>* flag_;
};

/// Writes to memory that the session, the run and all its workers share: the session reads progress from it while the
/// run writes, without messages. Any thread and any process of the run may call it at the same time. A call costs a
/// few relaxed atomic additions.
class order_log {
public:
    /// An order on its way: begin() returns it, and end() takes it.
    struct ticket {
        order_id id;
        std::chrono::steady_clock::time_point began;
    };

    /// `board` must outlive the log.
    explicit order_log(record_board& board) noexcept : board_(&board) {}

    /// An order waits in the pattern's queue from now on, until a begin(). Only for patterns that have a queue.
    void offer() noexcept;
    /// The order is in flight from now on.
    [[nodiscard]] ticket begin(order_id id) noexcept;
    /// The order has ended. A second end of the same order counts as a repetition and changes nothing else, unless it
    /// is a late success: stored wins over failed. An outcome that is_valid() rejects counts as worker_died.
    void end(const ticket& t, const outcome& o) noexcept;
    /// Ends an order that was not timed: like end(), without a latency.
    void settle(order_id id, const outcome& o) noexcept;

private:
    record_board* board_;
};

}  // namespace pipebench
