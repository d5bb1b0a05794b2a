// The bins that latencies are counted in: of equal ratio, 1 % wide, from 1 us to 1,000 s.
#pragma once

#include <chrono>
#include <cstddef>

namespace pipebench {

inline constexpr std::size_t latency_bins = 2084;

/// A latency beyond either end belongs to the bin at that end.
[[nodiscard]] std::size_t latency_bin(std::chrono::steady_clock::duration d) noexcept;

/// In milliseconds: no latency of that bin exceeds it.
[[nodiscard]] double upper_edge_ms(std::size_t bin) noexcept;

}  // namespace pipebench
