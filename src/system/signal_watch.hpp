// Signals as events, for a program that must clean up before it ends.
#pragma once

#include "system/descriptor.hpp"

#include <csignal>

namespace pipebench {

/// While it exists, SIGINT and SIGTERM are read as events and SIGPIPE is ignored. One per process, on the main
/// thread.
class signal_watch {
public:
    signal_watch();
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch();

    [[nodiscard]] int native() const noexcept { return signals_.get(); }
    /// Reads the signals that have arrived.
    void poll() noexcept;
    [[nodiscard]] int first() const noexcept {
        return first_;
    }  ///< the first that arrived: SIGINT or SIGTERM; 0: none
    [[nodiscard]] unsigned count() const noexcept { return count_; }
    [[nodiscard]] bool was_terminated() const noexcept { return terminated_; }  ///< one of them was SIGTERM

private:
    descriptor signals_;
    sigset_t before_{};
    int first_ = 0;
    unsigned count_ = 0;
    bool terminated_ = false;
};

}  // namespace pipebench
