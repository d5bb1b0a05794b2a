// What stdout and stderr are, and whether colours are wanted there.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstddef>
#include <string>

namespace pipebench {

enum class colour_wish : std::uint8_t { automatic, always, never };

/// no-color.org: NO_COLOR switches them off, unless asked for by option; so do TERM=dumb and anything that is
/// not a terminal.
[[nodiscard]] colours colours_for(int descriptor, colour_wish wish);

/// A terminal that can rewrite its line.
[[nodiscard]] bool has_live_line(int descriptor);
[[nodiscard]] std::size_t terminal_width(int descriptor);

}  // namespace pipebench
