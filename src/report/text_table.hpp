// A small table of UTF-8 cells, rendered as text or markdown. Pure. Widths are counted in code points, because cells
// contain no wide or combining characters.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

inline constexpr std::size_t table_width = 150;  ///< of a table, in terminal columns
inline constexpr std::size_t text_width = 118;   ///< of sentences, in terminal columns

enum class align : std::uint8_t { left, right };
enum class tone : std::uint8_t { plain, alarm };

struct column {
    std::string name;
    std::string unit;  ///< empty if none
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

/// Aligned text, with one header line for the names and one for the units, without trailing blanks. Wraps the last
/// column, if left-aligned, between words so that lines fit into `width`.
[[nodiscard]] std::string to_text(const table& t, colours c, std::size_t width);

/// A GitHub table with escaped cells.
[[nodiscard]] std::string to_markdown(const table& t);

/// Escapes the text so that no table cell, code span, tag, link or emphasis can begin or end in it.
[[nodiscard]] std::string escape_markdown(std::string_view text);

/// Breaks the text between words into one or more lines of at most `width` code points; keeps a longer word whole.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// wrap() for a terminal, as one text; every line but the first is indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

/// A column, and the function that makes its cell for an item.
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
