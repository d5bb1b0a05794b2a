// How a pattern records each order, and how it learns that it has to stop.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <atomic>
#include <chrono>

namespace pipebench {

class arrival_schedule;
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
        std::chrono::steady_clock::time_point began;      ///< 0: not known, so its service time is not either
        std::chrono::steady_clock::time_point arrived{};  ///< only in an open run
    };

    /// `board` and `when` must outlive the log. `when`: of an open run, whose latencies count from the arrival; null
    /// for a closed one.
    explicit order_log(record_board& board, const arrival_schedule* when = nullptr) noexcept
        : board_(&board), when_(when) {}

    /// An order waits in a queue from now on, until a begin().
    void offer() noexcept;
    /// The same for an order of an open run, which was due then and is `late`. During the warm-up nothing is late.
    void arrive(std::chrono::steady_clock::time_point due, std::chrono::steady_clock::duration late) noexcept;
    /// The order is in flight from now on.
    [[nodiscard]] ticket begin(order_id id) noexcept;
    /// The order has ended. A second end of the same order counts as a repetition and changes nothing else, unless it
    /// is a late success: stored wins over failed. An outcome that is_valid() rejects counts as worker_died. Returns
    /// the time since begin(); 0 if that is not known.
    std::chrono::steady_clock::duration end(const ticket& t, const outcome& o) noexcept;
    /// Begins and ends an order that was carried out on another machine, whose clock measured `service`.
    void end_elsewhere(order_id id, const outcome& o, std::chrono::steady_clock::duration service) noexcept;
    /// Ends an order that was not timed: like end(), without any latency.
    void settle(order_id id, const outcome& o) noexcept;

    /// The start of the run's clock.
    [[nodiscard]] std::chrono::steady_clock::time_point started() const noexcept;
    /// Orders that were offered or have arrived, and have neither begun nor been turned away.
    [[nodiscard]] std::uint64_t queued() const noexcept;
    [[nodiscard]] bool has_ended(order_id id) const noexcept;

private:
    record_board* board_;
    const arrival_schedule* when_;
};

}  // namespace pipebench
