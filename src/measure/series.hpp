// The time series of a run, sampled from outside: what was in flight, what waited, what was done.
#pragma once

#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"

#include <chrono>
#include <functional>

namespace pipebench {

/// Of a Redis stream: not delivered yet, and delivered but not acknowledged. NaN: not known.
struct stream_depth {
    double lag = 0, pending = 0;
};
using stream_probe = std::function<stream_depth()>;

/// Ten points a second; when there are max_series_points of them every second one is dropped, and the interval
/// doubled.
class series_sampler {
public:
    using clock = std::chrono::steady_clock;
    static constexpr auto first_interval = std::chrono::milliseconds(100);

    /// `probe`: empty where there is no stream.
    series_sampler(const run_reader& record, stream_probe probe) : record_(record), probe_(std::move(probe)) {}

    [[nodiscard]] clock::time_point next() const noexcept { return next_; }
    void sample_when_due(std::uint64_t rss_bytes, clock::time_point now = clock::now());
    [[nodiscard]] series_view take();

private:
    void thin_out();

    const run_reader& record_;
    stream_probe probe_;
    std::chrono::milliseconds interval_ = first_interval;
    clock::time_point next_ = clock::now();
    series_view seen_;
};

}  // namespace pipebench
