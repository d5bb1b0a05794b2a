// Questions about the kept distributions of a result: any percentile, and HdrHistogram's text. Pure.
#pragma once

#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pipebench::reporting {

/// A distribution that a result keeps.
struct kept_distribution {
    std::string name;  ///< of the row, as in row_name()
    const char* what;  ///< "service"; of an open run also "response" and "wait"
    const latency_distribution* counts;
    double largest_ms;  ///< exactly; infinity if not known, as of several rounds together
};

/// Of the rounds together, in the order of the rows; only those that hold orders. `patterns` must outlive it.
[[nodiscard]] std::vector<kept_distribution> kept_in(const std::vector<pattern_summary>& patterns);

/// How many orders the distribution holds; stays at the largest count instead of overflowing.
[[nodiscard]] std::uint64_t orders_in(const latency_distribution& d);
/// The upper edge of a bin that a file names, which may be any number.
[[nodiscard]] double edge_ms(std::uint64_t bin);

/// The latency in ms below which this share (0..1) of the orders lies: the upper edge of its bin, so never too low and at
/// most 1 % too high, and never above the largest. NaN without orders.
[[nodiscard]] double quantile_ms(const latency_distribution& d, double share,
                                 double largest_ms = std::numeric_limits<double>::infinity());

/// A row for each distribution, a column for each of these percentiles (0..100).
[[nodiscard]] table percentile_table(const std::vector<pattern_summary>& patterns, const std::vector<double>& asked);

/// In the format of HdrHistogram's outputPercentileDistribution, in ms, which its plotter reads.
[[nodiscard]] std::string to_hgrm(const latency_distribution& d,
                                  double largest_ms = std::numeric_limits<double>::infinity());

}  // namespace pipebench::reporting
