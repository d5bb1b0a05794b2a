// Words, numbers and small tables of a view. Pure.
#pragma once

#include "watch/layout.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

[[nodiscard]] std::string count_text(double n);
/// "512/s"
[[nodiscard]] std::string rate_text(double per_second);
/// "204.6 ms"
[[nodiscard]] std::string milliseconds_text(double ms);
/// "45 s", "12 min 05 s", "3 h 05 min"
[[nodiscard]] std::string time_text(double seconds);
/// "run 2 of 5"
[[nodiscard]] std::string place_text(std::string_view what, double number, double of);
/// "45 %", never rounded up to 100 %
[[nodiscard]] std::string percent_text(double share);

/// Cut to so many columns.
[[nodiscard]] view_line fitted(view_line line, std::size_t columns);

/// Two texts at the ends of a line; the right one gives way.
[[nodiscard]] view_line with_right_end(view_line left, view_piece right, std::size_t columns);

struct view_table {
    std::vector<std::string> head;
    std::size_t texts = 1;        ///< columns on the left that hold texts; the others hold numbers
    bool ends_with_text = false;  ///< the last column, too
    std::vector<std::vector<std::string>> rows{};
    std::vector<reporting::ink> inks{};  ///< of the rows
};
/// The head, and the first rows: at most `most` lines. The last line says how many rows have no room.
[[nodiscard]] std::vector<view_line> lines_of(const view_table& t, std::size_t most);

}  // namespace pipebench
