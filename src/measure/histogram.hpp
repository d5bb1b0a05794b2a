// Percentiles from the recorder's counts.
#pragma once

#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"

#include <span>

namespace pipebench {

/// The percentile `p` (0..1) in milliseconds. It is the upper edge of its bin, so it is never too low and at most 1 %
/// too high. 0 without observations.
[[nodiscard]] double percentile_ms(std::span<const std::uint64_t> counts, double p);

[[nodiscard]] latency_summary summarise_latency(const run_reader& record);

}  // namespace pipebench
