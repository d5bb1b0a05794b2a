#include "watch/view_text.hpp"

#include "report/numbers.hpp"
#include "report/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

using reporting::display_width;
using reporting::ink;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }

std::string cut(const std::string& text, std::size_t columns) {
    std::size_t at = 0;
    for (std::size_t shown = 0; at < text.size(); ++at)
        if (begins_character(text[at]) && shown++ == columns) break;
    return text.substr(0, at);
}

std::size_t width_of(const view_line& line) {
    std::size_t out = 0;
    for (const auto& p : line) out += display_width(p.text);
    return out;
}

std::vector<std::size_t> widths_of(const view_table& t) {
    std::vector<std::size_t> out;
    for (const auto& name : t.head) out.push_back(display_width(name));
    for (const auto& row : t.rows)
        for (std::size_t i = 0; i < row.size(); ++i) out[i] = std::max(out[i], display_width(row[i]));
    return out;
}

std::string aligned(const view_table& t, const std::vector<std::string>& cells,
                    const std::vector<std::size_t>& widths) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool is_text = i < t.texts || (t.ends_with_text && i + 1 == cells.size());
        const std::string blanks(widths[i] - display_width(cells[i]), ' ');
        out += (i > 0 ? "  " : "") + (is_text ? cells[i] + blanks : blanks + cells[i]);
    }
    return out;
}

}  // namespace

std::string count_text(double n) { return reporting::fixed(n, 0); }
std::string rate_text(double per_second) {
    return std::isnan(per_second) ? "-" : reporting::fixed(per_second, per_second < 10 ? 1 : 0) + "/s";
}
std::string milliseconds_text(double ms) { return std::isnan(ms) ? "-" : reporting::number(ms) + " ms"; }

std::string time_text(double seconds) {
    if (!(seconds < 1e9)) return "-";
    if (seconds < 10) return reporting::fixed(seconds, 1) + " s";
    const auto whole = static_cast<std::uint64_t>(seconds);
    if (whole < 100) return fmt::format("{} s", whole);
    if (whole < 6000) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string place_text(std::string_view what, double number, double of) {
    return fmt::format("{} {} of {}", what, count_text(number), count_text(of));
}

std::string percent_text(double share) {
    return std::isnan(share) ? "-" : fmt::format("{:.0f} %", std::floor(100 * share));
}

view_line fitted(view_line line, std::size_t columns) {
    for (auto& p : line) {
        p.text = cut(p.text, columns);
        columns -= display_width(p.text);
    }
    std::erase_if(line, [](const view_piece& p) { return p.text.empty(); });
    return line;
}

view_line with_right_end(view_line left, view_piece right, std::size_t columns) {
    const auto used = width_of(left), wanted = display_width(right.text);
    if (used + wanted + 1 > columns) return left;
    left.push_back({std::string(columns - used - wanted, ' ')});
    left.push_back(std::move(right));
    return left;
}

std::vector<view_line> lines_of(const view_table& t, std::size_t most) {
    std::vector<view_line> out;
    if (most < 2 || t.rows.empty()) return out;
    const auto widths = widths_of(t);
    out.push_back({{aligned(t, t.head, widths), ink::dim}});
    const bool all_fit = t.rows.size() < most;
    const auto shown = all_fit ? t.rows.size() : most > 2 ? most - 2 : 1;
    for (std::size_t i = 0; i < shown; ++i)
        out.push_back({{aligned(t, t.rows[i], widths), i < t.inks.size() ? t.inks[i] : ink::plain}});
    if (!all_fit && most > 2) out.push_back({{fmt::format("and {} more", t.rows.size() - shown), ink::dim}});
    return out;
}

}  // namespace pipebench
