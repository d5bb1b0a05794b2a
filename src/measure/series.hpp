// The time series of a run, sampled from outside: orders in flight, waiting and done.
#pragma once

#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"

#include <chrono>
#include <functional>
#include <limits>

namespace pipebench {

/// Entries of a Redis stream: `lag` not delivered yet, `pending` delivered but not acknowledged, and how long ago the
/// oldest of the pending ones was added, by Redis's clock. NaN if unknown.
struct stream_depth {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double lag = unknown, pending = unknown, oldest_pending_s = unknown;
};
using stream_probe = std::function<stream_depth()>;

/// Samples ten points per second at first. At max_series_points it drops every second point and doubles the interval.
class series_sampler {
public:
    using clock = std::chrono::steady_clock;
    static constexpr auto first_interval = std::chrono::milliseconds(100);

    /// `probe`: empty if there is no stream.
    series_sampler(const run_reader& record, stream_probe probe) : record_(record), probe_(std::move(probe)) {}

    [[nodiscard]] clock::time_point next() const noexcept { return next_; }
    void sample_when_due(std::uint64_t rss_bytes, clock::time_point now = clock::now());
    /// As last sampled.
    [[nodiscard]] const stream_depth& depth() const noexcept { return depth_; }
    [[nodiscard]] series_view take();

private:
    void thin_out();

    const run_reader& record_;
    stream_probe probe_;
    std::chrono::milliseconds interval_ = first_interval;
    clock::time_point next_ = clock::now();
    stream_depth depth_;
    series_view seen_;
};

}  // namespace pipebench
