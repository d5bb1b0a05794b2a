#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pipebench::reporting {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest_wrap = 24;  // below this a wrapped column is no longer read as text
constexpr std::string_view bold = "\x1b[1m", red = "\x1b[1;31m", normal = "\x1b[0m";

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

/// What is left of `width` for the last column.
std::size_t room_for_last(const std::vector<std::size_t>& widths, std::size_t width) {
    const auto used = std::accumulate(widths.begin(), widths.end() - 1, (widths.size() - 1) * gap.size());
    return std::max(narrowest_wrap, width - std::min(width, used));
}

void put_line(std::string& out, std::string line, std::string_view colour) {
    line.erase(line.find_last_not_of(' ') + 1);
    if (colour.empty()) out += line;
    else out.append(colour).append(line).append(normal);
    out += '\n';
}

/// The cells side by side; all but the first line of a wrapped last cell stand alone below it.
void put_cells(std::string& out, const table& t, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& widths, std::string_view colour) {
    const std::size_t last = cells.size() - 1;
    std::string line;
    for (std::size_t i = 0; i < last; ++i) line.append(pad(cells[i], widths[i], t.columns[i].side)).append(gap);
    if (t.columns[last].side == align::right)
        return put_line(out, line + pad(cells[last], widths[last], align::right), colour);
    const std::string indent(display_width(line), ' ');
    for (const auto& part : wrap(cells[last], widths[last])) {
        put_line(out, line + part, colour);
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

std::string to_text(const table& t, colours c, std::size_t width) {
    if (t.columns.empty()) return {};
    auto widths = text_widths(t);
    if (t.columns.back().side == align::left) widths.back() = std::min(widths.back(), room_for_last(widths, width));
    std::vector<std::string> names, units;
    for (const auto& col : t.columns) {
        names.push_back(col.name);
        units.push_back(text_unit(col));
    }
    const auto colour = [&](std::string_view code) { return c == colours::on ? code : std::string_view{}; };
    std::string out;
    put_cells(out, t, names, widths, colour(bold));
    const bool any_unit = std::any_of(units.begin(), units.end(), [](const auto& u) { return !u.empty(); });
    if (any_unit) put_cells(out, t, units, widths, colour(bold));
    put_line(out, rule(widths), {});
    for (const auto& r : t.rows)
        put_cells(out, t, r.cells, widths, r.mood == tone::alarm ? colour(red) : std::string_view{});
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

std::string fixed(double value, int decimals) {
    if (!std::isfinite(value)) return "-";
    if (value == 0) return "0";
    const double least = std::pow(10.0, -decimals);
    if (value > 0 && value < least / 2) return fmt::format("<{:.{}f}", least, decimals);
    if (std::abs(value) >= 1e12) return fmt::format("{:.3g}", value);
    std::string out = fmt::format("{:.{}f}", value, decimals);
    const std::size_t whole = std::min(out.find('.'), out.size());
    const std::size_t first = value < 0 ? 4 : 3;
    for (std::size_t at = whole; at > first;) out.insert(at -= 3, ",");
    return out;
}

std::string seconds(double value) { return fixed(value, value < 1 ? 3 : 2); }

std::string megabytes(std::uint64_t bytes) { return fixed(static_cast<double>(bytes) / 1e6, 1); }

std::string error_percent(std::uint64_t failed, std::uint64_t orders) {
    if (orders == 0) return "-";
    if (failed == orders) return "100";
    const double percent = 100.0 * static_cast<double>(failed) / static_cast<double>(orders);
    return failed < orders && percent >= 99.995 ? ">99.99" : fixed(percent, 2);
}

}  // namespace pipebench::reporting
