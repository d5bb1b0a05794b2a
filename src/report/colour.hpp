// The colours of a terminal. No other file contains colour escape sequences.
#pragma once

#include "pipebench/reporter.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace pipebench::reporting {

enum class ink : std::uint8_t { plain, bold, alarm, good, dim };

/// Returns the text unchanged if it is plain or colours are off.
[[nodiscard]] inline std::string painted(std::string_view text, ink with, colours c) {
    if (with == ink::plain || c == colours::off || text.empty()) return std::string(text);
    constexpr std::array<std::string_view, 5> codes{"", "1", "1;31", "1;32", "2"};
    return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(with)], text);
}

}  // namespace pipebench::reporting
