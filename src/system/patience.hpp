// How long the main thread waits for others: every wait has a limit, and a signal ends it earlier.
#pragma once

#include "contracts/error.hpp"
#include "pipebench/duration.hpp"
#include "system/signal_watch.hpp"

#include <poll.h>

#include <chrono>
#include <span>

namespace pipebench {

/// A signal ended a wait. Nothing is wrong: the caller ends its work and keeps what it has.
class interrupted : public setup_error {
public:
    interrupted() : setup_error("interrupted") {}
};

enum class wait_end : std::uint8_t { ready, timed_out, interrupted };

/// After the first signal the waits of the main thread have the grace period, all together; a second one ends them at
/// once. Copies refer to the same signals. For the thread that owns the signal_watch.
class patience {
public:
    using clock = std::chrono::steady_clock;

    /// Without a signal_watch only limits end a wait. For processes and threads that a signal kills.
    patience() = default;
    /// `signals` must outlive it. A grace of 0: the first signal ends every wait.
    patience(signal_watch& signals, duration grace) noexcept : signals_(&signals), grace_(grace) {}

    /// Waits for one of the `events` of poll(2), or an error, at `fd`; -1: only for time.
    [[nodiscard]] wait_end wait(int fd, short events, clock::time_point deadline) const;
    /// The same for several descriptors, whose `revents` it sets; at most max_waiting.
    [[nodiscard]] wait_end wait(std::span<pollfd> waiting, clock::time_point deadline) const;
    static constexpr std::size_t max_waiting = 7;
    /// Whether a wait would end now because of a signal.
    [[nodiscard]] bool is_over() const noexcept;

private:
    [[nodiscard]] clock::time_point end_of_grace() const noexcept;

    signal_watch* signals_ = nullptr;
    duration grace_{};
};

}  // namespace pipebench
