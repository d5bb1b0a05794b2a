// The clock and other marks of a run, written by the run's process and by the session that starts, kills and stops
// it.
#pragma once

#include "contracts/cpu_section.hpp"
#include "pipebench/objective.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace pipebench {

struct record_board;

/// Any thread, any process.
class run_marks {
public:
    /// `board` must outlive it.
    explicit run_marks(record_board& board) noexcept : board_(&board) {}

    /// Called just before the run starts. No effect if the clock was started before, as in a run that restarts after
    /// a kill.
    void start_clock() noexcept;
    /// Restarts the clock: earlier time and arrivals do not count. No effect after stop_clock().
    void restart_clock() noexcept;
    void stop_clock() noexcept;

    /// Of an open run, before it starts. Times are on the run's clock.
    void expect_arrivals(std::chrono::nanoseconds window_begin, std::chrono::nanoseconds window_end,
                         const std::vector<objective>& objectives) noexcept;

    /// Asks the run to end early; patterns read it through stop_flag.
    void request_stop() noexcept;

    /// Stops the timing of orders from now on, so that its cost can be measured. No latency is kept.
    void leave_out_latencies() noexcept;
    /// The run's own high-water mark of memory (VmHWM), for runs too short to be sampled from outside.
    void keep_peak_rss(std::uint64_t bytes) noexcept;
    /// A sample of CPU time (section_sampler.hpp). Safe in a signal handler.
    void count_sample(cpu_section s) noexcept;

    /// The timer of an event loop was this late.
    void count_loop_lag(std::chrono::nanoseconds late) noexcept;

    /// Records a kill now; only the first call counts, and returns true. The recovery lasts until the next order ends
    /// for the first time.
    bool mark_kill() noexcept;
    /// The first kill has hit nothing: as if there had been none.
    void unmark_kill() noexcept;
    /// Clears the orders queued and in flight, because the run was killed and restarts. Call it while no process
    /// writes.
    void forget_unfinished() noexcept;

private:
    record_board* board_;
};

}  // namespace pipebench
