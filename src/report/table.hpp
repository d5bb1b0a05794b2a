// What text and markdown share: a small table of UTF-8 cells, and the rules by which a number is shown. Pure. Widths are counted in code points: cells hold no wide or combining characters.
#pragma once

#include "contracts/number.hpp"
#include "pipebench/reporter.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

inline constexpr std::size_t table_width = 150;  ///< of a terminal, in columns

enum class align : std::uint8_t { left, right };
enum class tone : std::uint8_t { plain, alarm };

struct column {
    std::string name;
    std::string unit;  ///< empty: none
    align side = align::right;
};

struct row {
    std::vector<std::string> cells;  ///< as many as there are columns
    tone mood = tone::plain;
};

struct table {
    std::vector<column> columns;
    std::vector<row> rows;
};

/// Aligned text, one header line for the names and one for the units, no line with blanks at its end. The last
/// column, when it is a left-aligned one, is wrapped so that lines stay within `width` where words allow it.
[[nodiscard]] std::string to_text(const table& t, colours c, std::size_t width);

/// A GitHub table; every cell is escaped.
[[nodiscard]] std::string to_markdown(const table& t);

/// Text that markdown shows as it is: no table cell, code span, tag, link or emphasis can begin or end in it.
[[nodiscard]] std::string escape_markdown(std::string_view text);

/// Lines of at most `width` code points, broken between words; a longer word stays whole. At least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// With so many decimals; 0 is "0", what is more than 0 is never shown as 0 ("<0.01"), what is no number is "-".
[[nodiscard]] std::string fixed(double value, int decimals);

/// Seconds with two decimals, three below one second.
[[nodiscard]] std::string seconds(double value);

/// In MB of 10^6 bytes, with one decimal.
[[nodiscard]] std::string megabytes(std::uint64_t bytes);

/// failed / orders in percent: "0" and "100" mean exactly that.
[[nodiscard]] std::string error_percent(std::uint64_t failed, std::uint64_t orders);

}  // namespace pipebench::reporting
