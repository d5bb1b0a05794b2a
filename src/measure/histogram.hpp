// Percentiles from the recorder's counts.
#pragma once

#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"

#include <span>

namespace pipebench {

/// The value that a share `p` (0..1) of the observations does not exceed, in milliseconds: the upper edge of the
/// bin it falls into, so that it is never understated, and by at most 1 % overstated. 0 without observations.
[[nodiscard]] double percentile_ms(std::span<const std::uint64_t> counts, double p);

[[nodiscard]] latency_summary summarise_latency(const run_reader& record);

}  // namespace pipebench
