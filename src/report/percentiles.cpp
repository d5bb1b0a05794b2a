#include "report/percentiles.hpp"

#include "contracts/latency_bin.hpp"
#include "report/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipebench::reporting {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Of an older result it may be 0, and NaN if it is among orders that did not end.
double known_or_no_limit(double largest_ms) { return largest_ms > 0 ? largest_ms : no_limit; }

std::size_t size_of(const latency_distribution& d) { return std::min(d.bins.size(), d.counts.size()); }

struct moments {
    double mean = 0, deviation = 0;
};

/// Each order counts as the upper edge of its bin.
moments moments_of(const latency_distribution& d) {
    const auto n = static_cast<double>(orders_in(d));
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < size_of(d); ++i) {
        const double x = edge_ms(d.bins[i]), count = static_cast<double>(d.counts[i]);
        sum += count * x;
        squares += count * x * x;
    }
    const double mean = sum / n;
    return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

}  // namespace

std::uint64_t orders_in(const latency_distribution& d) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size_of(d); ++i) out = saturating_sum(out, d.counts[i]);
    return out;
}

/// A file may say anything.
double edge_ms(std::uint64_t bin) { return upper_edge_ms(std::min<std::size_t>(bin, latency_bins - 1)); }

std::vector<kept_distribution> kept_in(const std::vector<pattern_summary>& patterns) {
    std::vector<kept_distribution> all;
    for (const auto& p : patterns) {
        const auto name = row_name(p.typical);
        const auto largest = [&](const latency_summary& of) {
            return p.rounds == 1 ? known_or_no_limit(of.max_ms) : no_limit;
        };
        if (p.typical.load) {
            const auto& load = *p.typical.load;
            all.push_back({name, "response", &load.responses, largest(p.typical.latency)});
            all.push_back({name, "wait", &load.waits, largest(load.wait)});
        }
        all.push_back({name, "service", &p.typical.served,
                       largest(p.typical.load ? p.typical.load->service : p.typical.latency)});
    }
    std::erase_if(all, [](const kept_distribution& d) { return orders_in(*d.counts) == 0; });
    return all;
}

double quantile_ms(const latency_distribution& d, double share, double largest_ms) {
    const auto all = orders_in(d);
    if (all == 0) return std::numeric_limits<double>::quiet_NaN();
    const auto rank = std::max(1.0, std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(all)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < size_of(d); ++i) {
        seen = saturating_sum(seen, d.counts[i]);
        if (static_cast<double>(seen) >= rank) return std::min(edge_ms(d.bins[i]), largest_ms);
    }
    return std::min(edge_ms(d.bins.back()), largest_ms);
}

table percentile_table(const std::vector<pattern_summary>& patterns, const std::vector<double>& asked) {
    table out{{{"Pattern", "", align::left}, {"Time", "", align::left}, {"Orders", ""}}, {}};
    for (const double p : asked) out.columns.push_back({fmt::format("p{:g}", p), "ms"});
    for (const auto& d : kept_in(patterns)) {
        auto& cells = out.rows.emplace_back().cells;
        cells = {d.name, d.what, grouped(orders_in(*d.counts))};
        for (const double p : asked) cells.push_back(fixed(quantile_ms(*d.counts, p / 100, d.largest_ms), 1));
    }
    return out;
}

std::string to_hgrm(const latency_distribution& d, double largest_ms) {
    const auto all = orders_in(d);
    std::string out =
        fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < size_of(d); ++i) {
        if (d.counts[i] == 0) continue;
        seen = saturating_sum(seen, d.counts[i]);
        const double share = static_cast<double>(seen) / static_cast<double>(all);
        out += fmt::format("{:12.3f} {:2.12f} {:10}", std::min(edge_ms(d.bins[i]), largest_ms), share, seen);
        out += seen < all ? fmt::format(" {:14.2f}\n", 1 / (1 - share)) : "\n";
    }
    const auto m = moments_of(d);
    const double largest = all > 0 ? quantile_ms(d, 1, largest_ms) : 0;
    out += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", all > 0 ? m.mean : 0,
                       all > 0 ? m.deviation : 0);
    out += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n", largest, all);
    return out + fmt::format("#[Buckets = {:12}, SubBuckets     = {:12}]\n", size_of(d), 1);
}

}  // namespace pipebench::reporting
