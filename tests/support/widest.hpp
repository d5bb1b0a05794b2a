// How wide a text is.
#pragma once

#include "report/text_table.hpp"

#include <algorithm>
#include <sstream>
#include <string>

namespace pipebench::test {

/// Of its lines, in columns of a terminal.
inline std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t out = 0;
    for (std::string line; std::getline(lines, line);) out = std::max(out, reporting::display_width(line));
    return out;
}

}  // namespace pipebench::test
