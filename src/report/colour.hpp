// The colours of a terminal. No other file contains colour escape sequences.
#pragma once

#include "pipebench/reporter.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace pipebench::reporting {

enum class ink : std::uint8_t { plain, bold, alarm };

/// Returns the text unchanged if it is plain or colours are off.
[[nodiscard]] inline std::string painted(std::string_view text, ink with, colours c) {
    if (with == ink::plain || c == colours::off) return std::string(text);
    return fmt::format("{}{}\x1b[0m", with == ink::bold ? "\x1b[1m" : "\x1b[1;31m", text);
}

}  // namespace pipebench::reporting
