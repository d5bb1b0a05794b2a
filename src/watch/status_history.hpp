// What a view has seen of a session: its last status, and how the run that goes has developed. Pure.
#pragma once

#include "watch/status_document.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace pipebench {

/// What a run did at a moment.
struct run_moment {
    double elapsed_s = 0;
    double ended = unknown_number, rate = unknown_number;  ///< orders; per second, since the moment before
    double in_flight = unknown_number, queued = unknown_number;
    double p50_ms = unknown_number, p99_ms = unknown_number;
    std::vector<double> cpu_s{};  ///< of the run, then of each service
};

class status_history {
public:
    static constexpr std::size_t most_moments = 1000;  ///< one per second of the run; older ones go
    static constexpr double cpu_span_s = 4;            ///< over which CPU use "now" is taken

    /// Moments of another run, or of an earlier time, are forgotten.
    void take(status_document next);

    [[nodiscard]] const std::optional<status_document>& last() const noexcept { return last_; }
    [[nodiscard]] const std::deque<run_moment>& moments() const noexcept { return moments_; }
    /// One value for each of the last `count` seconds of the run; NaN: not known.
    [[nodiscard]] std::vector<double> series(double run_moment::*of, std::size_t count) const;
    /// Cores that it keeps busy: 0 is the run, 1 the first service. NaN: not known.
    [[nodiscard]] double cores_busy(std::size_t which) const;

private:
    std::optional<status_document> last_;
    std::deque<run_moment> moments_;
};

/// NaN: not known.
[[nodiscard]] double in_flight_of(const shown_run& run) noexcept;
/// From arrival to end if the run is open, else from begin to end.
[[nodiscard]] const shown_percentiles& latency_of(const shown_run& run) noexcept;
/// Orders per second since the run began. NaN: not known.
[[nodiscard]] double mean_rate(const shown_run& run) noexcept;
/// From 0 to 1. NaN: not known.
[[nodiscard]] double share_done(const shown_run& run) noexcept;
/// At the mean rate; until an order has ended, as the floor has it. NaN: not known.
[[nodiscard]] double seconds_left(const shown_run& run) noexcept;

}  // namespace pipebench
