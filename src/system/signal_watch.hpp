// Signals as events, for a program that has to clean up before it ends.
#pragma once

#include "system/descriptor.hpp"

#include <csignal>

namespace pipebench {

/// SIGINT and SIGTERM, taken as events while it lives; SIGPIPE is ignored. One per process, on the main thread.
class signal_watch {
public:
    signal_watch();
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch();

    [[nodiscard]] int native() const noexcept { return signals_.get(); }
    /// Takes what has arrived. The first one is kept.
    void poll() noexcept;
    [[nodiscard]] int first() const noexcept { return first_; }  ///< 0, SIGINT or SIGTERM
    [[nodiscard]] unsigned count() const noexcept { return count_; }
    [[nodiscard]] bool was_terminated() const noexcept { return terminated_; }  ///< a SIGTERM was among them

private:
    descriptor signals_;
    sigset_t before_{};
    int first_ = 0;
    unsigned count_ = 0;
    bool terminated_ = false;
};

}  // namespace pipebench
