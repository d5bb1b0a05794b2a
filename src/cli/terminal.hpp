// Text for people on stderr; whether stdout and stderr are terminals, and whether to use colours there.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pipebench {

/// Writes to stderr. Text that cannot be written (a closed pipe, a full disk) is dropped.
void tell(std::string_view text) noexcept;

/// The same for a text of one line, which a terminal gets wrapped at words.
void tell_line(std::string_view text);

enum class colour_choice : std::uint8_t { automatic, always, never };

/// NO_COLOR (no-color.org), TERM=dumb, or a descriptor that is not a terminal switch colours off, unless the option
/// asks for them.
[[nodiscard]] colours colours_for(int descriptor, colour_choice choice);

/// Whether the descriptor is a terminal that can rewrite its line.
[[nodiscard]] bool has_live_line(int descriptor);
/// That of the terminal; without one COLUMNS, then look::usual_width.
[[nodiscard]] std::size_t terminal_width(int descriptor);
[[nodiscard]] look look_of(int descriptor, colour_choice choice, bool details);

}  // namespace pipebench
