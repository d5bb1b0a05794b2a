// A small table of UTF-8 cells, rendered as text or markdown. Pure. Widths are counted in code points, because cells
// contain no wide or combining characters.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

inline constexpr std::size_t widest_sentence = 118;  ///< a longer line is hard to read, however wide the terminal is

enum class align : std::uint8_t { left, right };
enum class tone : std::uint8_t { plain, alarm };
enum class best : std::uint8_t { none, lowest, highest };

struct column {
    std::string name;
    std::string unit;  ///< empty if none
    align side = align::right;
    unsigned gives_way = 0;  ///< where there is no room, the column with the largest number goes first; 0: it stays
    best mark = best::none;  ///< which of its cells is marked, among rows that compete
    bool with_bars = false;  ///< where there is room
};

struct row {
    std::vector<std::string> cells;  ///< as many as there are columns
    tone mood = tone::plain;
    std::vector<double> values{};  ///< of the cells, for marks and bars; NaN: has none. Empty: none has one
    bool competes = true;          ///< no: none of its cells is marked by a column, as in an alarm
    std::vector<bool> marked{};    ///< cells that are marked whatever their column says. Empty: none
};

struct table {
    std::vector<column> columns;
    std::vector<row> rows;
};

/// Aligned text, with one header line for the names and one for the units, without trailing blanks. No line is wider
/// than asked for, and no cell is cut: what a last, left-aligned column has no room for goes below its row; then columns
/// give way, which a line below the table names; with details none does, and the table goes on below itself instead.
[[nodiscard]] std::string to_text(const table& t, const look& how);

/// A GitHub table with escaped cells.
[[nodiscard]] std::string to_markdown(const table& t);

/// Escapes the text so that no table cell, code span, tag, link or emphasis can begin or end in it.
[[nodiscard]] std::string escape_markdown(std::string_view text);

/// Breaks the text between words into one or more lines of at most `width` code points; keeps a longer word whole.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// wrap() for a terminal of this width, as one text; every line but the first is indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// A name with its description, which begins at this column and goes on below itself; a longer name has a line of its
/// own.
[[nodiscard]] std::string entry(std::string_view name, std::string_view text, std::size_t column, std::size_t width);

/// A column, and the functions that make its cell for an item, and the value that the cell shows.
template <class Item>
struct column_of {
    column head;
    std::function<std::string(const Item&)> cell;
    std::function<double(const Item&)> value{};
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
        for (const auto& c : columns) {
            line.cells.push_back(c.cell(item));
            line.values.push_back(c.value ? c.value(item) : std::numeric_limits<double>::quiet_NaN());
        }
    }
    return out;
}

}  // namespace pipebench::reporting
