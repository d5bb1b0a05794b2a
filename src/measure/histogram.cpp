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

latency_summary summarise_latency(const run_reader& record) {
    const auto counts = record.latencies();
    const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    const auto ms = [](std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e6; };
    latency_summary out;
    if (total == 0) {  // no order ended, or a runner does not report them
        out.mean_ms = out.p50_ms = out.p90_ms = out.p99_ms = out.p999_ms = out.max_ms =
            std::numeric_limits<double>::quiet_NaN();
        return out;
    }
    out.max_ms = ms(record.latency_max());
    out.mean_ms = ms(record.latency_sum()) / static_cast<double>(total);
    const auto at = [&](double p) { return std::min(percentile_ms(counts, p), out.max_ms); };
    out.p50_ms = at(0.5);
    out.p90_ms = at(0.9);
    out.p99_ms = at(0.99);
    out.p999_ms = at(0.999);
    return out;
}

}  // namespace pipebench
