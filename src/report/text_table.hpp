// A small table of UTF-8 cells, and how text and markdown show it. Pure. Widths are counted in code points: cells
// hold no wide or combining characters.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

inline constexpr std::size_t table_width = 150;  ///< of a terminal, in columns
inline constexpr std::size_t text_width = 118;   ///< of sentences, in columns

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

/// wrap() for a terminal, as one text; every line but the first is indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

/// A column, and what it shows of an item.
template <class Item>
struct column_of {
    column head;
    std::function<std::string(const Item&)> cell;
};

/// One row for each item, in the tone that `tone_of(item)` gives it.
template <class Item, class Tone>
[[nodiscard]] table table_of(const std::vector<Item>& items, const std::vector<column_of<Item>>& columns,
                             Tone tone_of) {
    table out;
    for (const auto& c : columns) out.columns.push_back(c.head);
    for (const auto& item : items) {
        auto& line = out.rows.emplace_back();
        line.mood = tone_of(item);
        for (const auto& c : columns) line.cells.push_back(c.cell(item));
    }
    return out;
}

}  // namespace pipebench::reporting
