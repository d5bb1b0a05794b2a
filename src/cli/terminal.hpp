// Text for people on stderr; whether stdout and stderr are terminals, and whether to use colours there.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace pipebench {

/// Writes to stderr. Text that cannot be written (a closed pipe, a full disk) is dropped.
void tell(std::string_view text) noexcept;

/// While it exists, tell() keeps texts for its end, since something else has the terminal. One at a time, on the main
/// thread, which alone calls tell() meanwhile.
class held_speech {
public:
    static constexpr std::size_t most_texts = 500;  ///< the last ones; how many others there were is said

    held_speech();
    held_speech(const held_speech&) = delete;
    held_speech& operator=(const held_speech&) = delete;
    ~held_speech();  ///< tells them

private:
    friend void tell(std::string_view text) noexcept;
    void keep(std::string_view text);

    std::deque<std::string> texts_;
    std::size_t left_out_ = 0;
};

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
