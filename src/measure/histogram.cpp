#include "measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pipebench {

double percentile_ms(std::span<const std::uint64_t> counts, double p) {
    const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0) return 0;
    const double wanted = std::max(1.0, std::ceil(p * static_cast<double>(total)));
    double seen = 0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        seen += static_cast<double>(counts[bin]);
        if (seen >= wanted) return upper_edge_ms(bin);
    }
    return 0;
}

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::uint64_t total_of(const latency_counts& counted) {
    return std::accumulate(counted.bins.begin(), counted.bins.end(), std::uint64_t{0});
}

latency_summary summarise(const latency_counts& counted, std::uint64_t of) {
    const auto total = total_of(counted);
    const auto ms = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
    latency_summary out;
    if (total == 0) {
        out.mean_ms = out.p50_ms = out.p90_ms = out.p99_ms = out.p999_ms = out.max_ms = unknown;
        return out;
    }
    const double share = static_cast<double>(of) / static_cast<double>(total);
    const auto at = [&](double p) {
        const double within = p * share;  // of those counted
        return within <= 1 ? std::min(percentile_ms(counted.bins, within), ms(counted.max)) : unknown;
    };
    out.mean_ms = ms(counted.sum) / static_cast<double>(total);
    out.max_ms = of > total ? unknown : ms(counted.max);
    out.p50_ms = at(0.5);
    out.p90_ms = at(0.9);
    out.p99_ms = at(0.99);
    out.p999_ms = at(0.999);
    return out;
}

latency_summary summarise(const latency_counts& counted) { return summarise(counted, total_of(counted)); }

latency_distribution distribution_of(const latency_counts& counted) {
    latency_distribution out;
    for (std::size_t bin = 0; bin < counted.bins.size(); ++bin) {
        if (counted.bins[bin] == 0) continue;
        out.bins.push_back(bin);
        out.counts.push_back(counted.bins[bin]);
    }
    return out;
}

}  // namespace pipebench
