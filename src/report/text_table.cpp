#include "report/text_table.hpp"

#include "report/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace pipebench::reporting {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest_wrap = 24;  // a narrower column of text is hard to read

std::string pad(std::string_view text, std::size_t width, align side) {
    const std::string blanks(width - std::min(width, display_width(text)), ' ');
    return side == align::left ? std::string{text} + blanks : blanks + std::string{text};
}

std::string markdown_header(const column& c) {
    return escape_markdown(c.unit.empty() ? c.name : fmt::format("{} ({})", c.name, c.unit));
}

std::string text_unit(const column& c) { return c.unit.empty() ? std::string{} : "(" + c.unit + ")"; }

std::vector<std::size_t> text_widths(const table& t) {
    std::vector<std::size_t> widths;
    for (const auto& c : t.columns) widths.push_back(std::max(display_width(c.name), display_width(text_unit(c))));
    for (const auto& r : t.rows)
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], display_width(r.cells[i]));
    return widths;
}

/// The part of `width` that remains for the last column.
std::size_t width_left_for_last(const std::vector<std::size_t>& widths, std::size_t width) {
    const auto used = std::accumulate(widths.begin(), widths.end() - 1, (widths.size() - 1) * gap.size());
    return std::max(narrowest_wrap, width - std::min(width, used));
}

/// The properties shared by all lines of a table.
struct layout {
    const table& content;
    std::vector<std::size_t> widths;
    colours c;
};

void put_line(std::string& out, std::string line, ink with, colours c) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += painted(line, with, c) + '\n';
}

/// Writes the cells side by side; the further lines of a wrapped last cell follow below its first one.
void put_cells(std::string& out, const std::vector<std::string>& cells, const layout& l, ink with) {
    const auto& columns = l.content.columns;
    const std::size_t last = cells.size() - 1;
    std::string line;
    for (std::size_t i = 0; i < last; ++i) line.append(pad(cells[i], l.widths[i], columns[i].side)).append(gap);
    if (columns[last].side == align::right)
        return put_line(out, line + pad(cells[last], l.widths[last], align::right), with, l.c);
    const std::string indent(display_width(line), ' ');
    for (const auto& part : wrap(cells[last], l.widths[last])) {
        put_line(out, line + part, with, l.c);
        line = indent;
    }
}

std::string rule(const std::vector<std::size_t>& widths) {
    std::string line;
    for (const auto w : widths) line.append(w, '-').append(gap);
    return line;
}

template <class Cells>
std::string markdown_row(const Cells& cells, const std::vector<std::size_t>& widths, const table& t) {
    std::string line = "|";
    for (std::size_t i = 0; i < widths.size(); ++i)
        line.append(" ").append(pad(cells[i], widths[i], t.columns[i].side)).append(" |");
    return line + "\n";
}

std::string markdown_rule(const table& t, const std::vector<std::size_t>& widths) {
    std::string line = "|";
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const bool right = t.columns[i].side == align::right;
        line.append(right ? " " : ":").append(widths[i], '-').append(right ? ":|" : " |");
    }
    return line + "\n";
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width)
            lines.emplace_back();
        if (!lines.back().empty()) lines.back() += ' ';
        lines.back() += word;
    }
    return lines;
}

std::string wrapped(std::string_view text, std::size_t indent) {
    std::string out, lead;
    for (const auto& line : wrap(text, text_width)) {
        out += lead + line + "\n";
        lead.assign(indent, ' ');
    }
    return out;
}

std::string to_text(const table& t, colours c, std::size_t width) {
    if (t.columns.empty()) return {};
    layout l{t, text_widths(t), c};
    if (t.columns.back().side == align::left)
        l.widths.back() = std::min(l.widths.back(), width_left_for_last(l.widths, width));
    std::vector<std::string> names, units;
    for (const auto& col : t.columns) {
        names.push_back(col.name);
        units.push_back(text_unit(col));
    }
    std::string out;
    put_cells(out, names, l, ink::bold);
    const bool any_unit = std::any_of(units.begin(), units.end(), [](const auto& u) { return !u.empty(); });
    if (any_unit) put_cells(out, units, l, ink::bold);
    put_line(out, rule(l.widths), ink::plain, c);
    for (const auto& r : t.rows) put_cells(out, r.cells, l, r.mood == tone::alarm ? ink::alarm : ink::plain);
    return out;
}

std::string escape_markdown(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' || c == '\r') {
            out += ' ';
            continue;
        }
        if (std::string_view{"\\`|*<>[]&~"}.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string to_markdown(const table& t) {
    std::vector<std::string> header;
    std::vector<std::size_t> widths;
    for (const auto& c : t.columns) {
        header.push_back(markdown_header(c));
        widths.push_back(std::max<std::size_t>(3, display_width(header.back())));
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& r : t.rows) {
        auto& cells = rows.emplace_back();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            cells.push_back(escape_markdown(r.cells[i]));
            widths[i] = std::max(widths[i], display_width(cells.back()));
        }
    }
    std::string out = markdown_row(header, widths, t) + markdown_rule(t, widths);
    for (const auto& cells : rows) out += markdown_row(cells, widths, t);
    return out;
}

}  // namespace pipebench::reporting
