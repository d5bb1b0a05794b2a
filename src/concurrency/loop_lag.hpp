// Loop lag: how late the timers of an event loop are, and so how long everything else on it waits for its turn.
#pragma once

#include "contracts/run_marks.hpp"
#include "pipebench/async.hpp"

#include <chrono>

namespace pipebench {

/// While it lives, the event loops of this process and of its forks measure their lag (event_loop.hpp). `marks` must
/// outlive it. One per process: create and destroy it while the process has one thread.
class loop_lag_watch {
public:
    explicit loop_lag_watch(run_marks& marks) noexcept;
    loop_lag_watch(const loop_lag_watch&) = delete;
    loop_lag_watch& operator=(const loop_lag_watch&) = delete;
    ~loop_lag_watch();
};

/// The timer of one loop. It ticks at start + n x interval, whatever happened to earlier ticks; each tick counts with
/// its delay, also one that was missed because the loop was busy for longer than an interval.
class lag_timer {
public:
    static constexpr std::chrono::milliseconds interval{10};

    /// Does nothing if the lag is not measured.
    explicit lag_timer(executor ex);
    /// Ends the ticks, which otherwise keep the loop alive. The object must live until the loop has ended.
    void stop() noexcept;

private:
    using clock = std::chrono::steady_clock;

    void wait();
    void tick();

    timer timer_;
    clock::time_point next_{};
    bool stopped_ = false;
};

}  // namespace pipebench
