// What a view shows: lines of text with their looks, for a terminal of a given size. Pure.
#pragma once

#include "report/colour.hpp"
#include "watch/sparkline.hpp"
#include "watch/status_history.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pipebench {

struct view_piece {
    std::string text;
    reporting::ink with = reporting::ink::plain;
};
using view_line = std::vector<view_piece>;

struct view_size {
    std::size_t columns = 80, rows = 24;
};

/// What is watched, besides what it says.
struct view_subject {
    std::string where;    ///< a URL or the name of a file
    std::string trouble;  ///< why nothing comes from there at the moment; empty: something does
    std::string leaving;  ///< what to press: "q leaves"
};

/// At most as many lines as there are rows, none wider than the columns. What is not known is "-".
[[nodiscard]] std::vector<view_line> lay_out(const status_history& seen, const view_subject& of, view_size size,
                                             letters with);

/// The same in one line, for what is no terminal.
[[nodiscard]] std::string line_of(const status_history& seen);
/// What came of it, in one line.
[[nodiscard]] std::string last_line_of(const status_history& seen);

}  // namespace pipebench
