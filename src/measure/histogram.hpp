// Percentiles from the recorder's counts.
#pragma once

#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"

#include <span>

namespace pipebench {

/// The percentile `p` (0..1) in milliseconds. It is the upper edge of its bin, so it is never too low and at most 1 %
/// too high. 0 without observations.
[[nodiscard]] double percentile_ms(std::span<const std::uint64_t> counts, double p);

[[nodiscard]] std::uint64_t total_of(const latency_counts& counted);

/// `of`: the number of all orders; those that the counts do not contain are later than any that they do, so that a
/// percentile or maximum among them is NaN. The mean is of the counts.
[[nodiscard]] latency_summary summarise(const latency_counts& counted, std::uint64_t of);
/// Of the orders counted. All NaN if there is none.
[[nodiscard]] latency_summary summarise(const latency_counts& counted);
[[nodiscard]] latency_distribution distribution_of(const latency_counts& counted);

}  // namespace pipebench
