#include "contracts/latency_bin.hpp"

#include <algorithm>
#include <cmath>

namespace pipebench {

constexpr double bin_ratio = 1.01;

std::size_t latency_bin(std::chrono::steady_clock::duration d) noexcept {
    const double us = static_cast<double>(std::chrono::nanoseconds(d).count()) / 1e3;
    if (us <= 1) return 0;
    static const double scale = 1 / std::log(bin_ratio);
    return std::min(latency_bins - 1, static_cast<std::size_t>(std::log(us) * scale));
}

double upper_edge_ms(std::size_t bin) noexcept { return std::pow(bin_ratio, static_cast<double>(bin + 1)) / 1e3; }

}  // namespace pipebench
