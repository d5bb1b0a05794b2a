#include "measure/series.hpp"

#include <array>

namespace pipebench {
namespace {

using column = std::vector<double> series_view::*;
constexpr std::array<column, 8> columns{&series_view::t_s,    &series_view::in_flight, &series_view::queued,
                                        &series_view::lag,    &series_view::pending,   &series_view::completed,
                                        &series_view::failed, &series_view::rss_mb};

}  // namespace

void series_sampler::sample_when_due(std::uint64_t rss_bytes, clock::time_point now) {
    if (now < next_) return;
    next_ = now + interval_;
    const auto elapsed = record_.elapsed();
    if (elapsed.count() == 0 || record_.clock_stopped()) return;
    if (seen_.t_s.size() >= max_series_points) {
        thin_out();
        next_ = now + interval_;
    }
    depth_ = probe_ ? probe_() : stream_depth{};
    const auto p = record_.read();
    const std::array<double, columns.size()> point{std::chrono::duration<double>(elapsed).count(),
                                                   static_cast<double>(p.in_flight()),
                                                   static_cast<double>(p.queued),
                                                   depth_.lag,
                                                   depth_.pending,
                                                   static_cast<double>(p.stored),
                                                   static_cast<double>(p.failed),
                                                   static_cast<double>(rss_bytes) / 1e6};
    for (std::size_t i = 0; i < columns.size(); ++i) (seen_.*columns[i]).push_back(point[i]);
}

void series_sampler::thin_out() {
    interval_ *= 2;
    for (const auto c : columns) {
        auto& values = seen_.*c;
        for (std::size_t i = 0; 2 * i < values.size(); ++i) values[i] = values[2 * i];
        values.resize((values.size() + 1) / 2);
    }
}

series_view series_sampler::take() {
    seen_.interval_ms = static_cast<double>(interval_.count());
    return std::move(seen_);
}

}  // namespace pipebench
