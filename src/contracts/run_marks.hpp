// The clock of a run, and what else is written beside its orders: by the run's own process, and by the session that
// starts, kills and stops it.
#pragma once

#include "contracts/cpu_section.hpp"

#include <cstdint>

namespace pipebench {

struct record_board;

/// Any thread, any process.
class run_marks {
public:
    /// `board` must outlive it.
    explicit run_marks(record_board& board) noexcept : board_(&board) {}

    /// The clock runs while pattern::run does, in the run's own process. A run that is started again after a kill
    /// does not start it again.
    void start_clock() noexcept;
    /// Starts the clock anew: earlier time does not count. No effect after stop_clock().
    void restart_clock() noexcept;
    void stop_clock() noexcept;

    /// How the session asks the run to end early; stop_flag sees it.
    void request_stop() noexcept;

    /// From here on no clock is read for an order, and no latency is kept; to see what that costs.
    void leave_out_latencies() noexcept;
    /// The run's own high-water mark of memory (VmHWM), for runs too short to be sampled from outside.
    void keep_peak_rss(std::uint64_t bytes) noexcept;
    /// A sample of CPU time (section_sampler.hpp). Safe in a signal handler.
    void count_sample(cpu_section s) noexcept;

    /// Something was killed just now; only the first call counts. The time to recover goes from here to the next
    /// order that ends for the first time.
    void mark_kill() noexcept;
    /// The run was killed and begins anew: no order waits any more, and none is in flight. While nobody writes.
    void forget_unfinished() noexcept;

private:
    record_board* board_;
};

}  // namespace pipebench
