// A series of numbers as a small chart of characters. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pipebench {

enum class letters : std::uint8_t { ascii, unicode };

/// One column per value, from 0 to `top` (or the largest value, if that is more), in `rows` lines, the upper one first.
/// A value that is not known is blank, and one that is positive is never.
[[nodiscard]] std::vector<std::string> sparkline(const std::vector<double>& values, double top, std::size_t rows,
                                                 letters with);

}  // namespace pipebench
