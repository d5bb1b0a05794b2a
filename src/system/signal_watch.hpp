// Signals as events, for a program that must clean up before it ends.
#pragma once

#include "system/descriptor.hpp"

#include <chrono>
#include <csignal>

namespace pipebench {

/// While it exists, SIGINT, SIGTERM and SIGHUP are read as events and SIGPIPE is ignored. A SIGHUP that was ignored
/// before, as under nohup, stays ignored. One per process, on the main thread.
class signal_watch {
public:
    signal_watch();
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch();

    [[nodiscard]] int native() const noexcept { return signals_.get(); }
    /// Reads the signals that have arrived.
    void poll() noexcept;
    /// The first that arrived: SIGINT, SIGTERM or SIGHUP; 0: none.
    [[nodiscard]] int first() const noexcept { return first_; }
    /// When the first was read.
    [[nodiscard]] std::chrono::steady_clock::time_point first_at() const noexcept { return first_at_; }
    [[nodiscard]] unsigned count() const noexcept { return count_; }
    [[nodiscard]] bool was_terminated() const noexcept { return terminated_; }  ///< one was not SIGINT

private:
    descriptor signals_;
    sigset_t before_{};
    int first_ = 0;
    std::chrono::steady_clock::time_point first_at_;
    unsigned count_ = 0;
    bool terminated_ = false;
};

}  // namespace pipebench
