#include "watch/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t steps = 8;  ///< of one character

constexpr std::array<std::string_view, steps + 1> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, steps + 1> ascii_blocks{" ", "_", ".", ":", "-", "=", "+", "*", "#"};

/// How many steps high a value stands; the least of a known one is 1.
std::size_t height_of(double value, double top, std::size_t most) {
    if (!std::isfinite(value)) return 0;
    if (!(top > 0)) return 1;
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(value / top * static_cast<double>(most))), 1,
                                   most);
}

}  // namespace

std::vector<std::string> sparkline(const std::vector<double>& values, double top, std::size_t rows, letters with) {
    for (const double v : values)
        if (std::isfinite(v) && !(v <= top)) top = v;
    const auto& drawn = with == letters::unicode ? blocks : ascii_blocks;
    std::vector<std::string> out(rows);
    for (const double v : values) {
        const auto height = height_of(v, top, rows * steps);
        for (std::size_t row = 0; row < rows; ++row) {
            const auto below = (rows - 1 - row) * steps;
            out[row] += drawn[std::min(steps, height - std::min(height, below))];
        }
    }
    return out;
}

}  // namespace pipebench
