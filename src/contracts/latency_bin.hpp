// The bins of the latency histogram: each 1 % wider than the one before, from 1 us to 1,000 s.
#pragma once

#include <chrono>
#include <cstddef>

namespace pipebench {

inline constexpr std::size_t latency_bins = 2084;

/// A latency beyond either end belongs to the bin at that end.
[[nodiscard]] std::size_t latency_bin(std::chrono::steady_clock::duration d) noexcept;

/// The upper edge of a bin in milliseconds: no latency of the bin exceeds it.
[[nodiscard]] double upper_edge_ms(std::size_t bin) noexcept;

}  // namespace pipebench
