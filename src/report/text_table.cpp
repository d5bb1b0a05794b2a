#include "report/text_table.hpp"

#include "report/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace pipebench::reporting {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::string_view elsewhere = "below";  // in place of a text that is below its row
constexpr std::size_t text_indent = 4;           // of such a text
constexpr std::size_t bar_width = 12;
constexpr std::size_t short_text = 20;  // a longer one gives way to a column

std::string pad(std::string_view text, std::size_t width, align side) {
    const std::string blanks(width - std::min(width, display_width(text)), ' ');
    return side == align::left ? std::string{text} + blanks : blanks + std::string{text};
}

std::string name_with_unit(const column& c) {
    return c.unit.empty() ? c.name : fmt::format("{} ({})", c.name, c.unit);
}
std::string markdown_header(const column& c) { return escape_markdown(name_with_unit(c)); }

std::string text_unit(const column& c) { return c.unit.empty() ? std::string{} : "(" + c.unit + ")"; }
std::size_t header_width(const column& c) { return std::max(display_width(c.name), display_width(text_unit(c))); }

// --- a table as it is shown: some of its columns ---

using selection = std::vector<std::size_t>;  ///< indices of columns

std::size_t natural_width(const table& t, std::size_t column) {
    std::size_t out = header_width(t.columns[column]);
    for (const auto& r : t.rows) out = std::max(out, display_width(r.cells[column]));
    return out;
}

/// Whether the last of these columns holds texts, which may stand below their rows.
bool ends_with_text(const table& t, const selection& columns) {
    return columns.size() > 1 && t.columns[columns.back()].side == align::left;
}

/// What a column of texts is at least: short ones stay beside their rows.
std::size_t shortest_text(const table& t, std::size_t column) {
    std::size_t out = std::max(header_width(t.columns[column]), elsewhere.size());
    for (const auto& r : t.rows)
        if (const auto width = display_width(r.cells[column]); width <= short_text) out = std::max(out, width);
    return out;
}

/// Of the table with these columns, the texts of the last one below their rows if that is narrower.
std::size_t least_width(const table& t, const selection& columns) {
    std::size_t out = gap.size() * (columns.size() - 1) + 1;  // a mark behind the last one
    for (const auto c : columns) out += natural_width(t, c);
    if (!ends_with_text(t, columns)) return out;
    const auto natural = natural_width(t, columns.back());
    return out - 1 - natural + std::min(natural, shortest_text(t, columns.back()));
}

/// The columns that name a row: the left-aligned ones at the beginning, but for texts at the end.
std::size_t count_keys(const table& t) {
    std::size_t out = 1;
    while (out + 1 < t.columns.size() && t.columns[out].side == align::left) ++out;
    return out;
}

/// The columns that there is room for.
selection columns_that_fit(const table& t, selection columns, std::size_t width) {
    while (least_width(t, columns) > width) {
        const auto by_rank = [&](std::size_t a, std::size_t b) {
            return t.columns[a].gives_way < t.columns[b].gives_way;
        };
        const auto first_to_go = std::max_element(columns.begin(), columns.end(), by_rank);
        if (t.columns[*first_to_go].gives_way == 0) break;
        columns.erase(first_to_go);
    }
    return columns;
}

/// The columns in blocks that fit, each of which begins with those that name a row.
std::vector<selection> blocks_of(const table& t, const selection& columns, std::size_t width) {
    const auto keys = std::min(count_keys(t), columns.size());
    const selection names(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(keys));
    std::vector<selection> out{names};
    for (const auto c : selection(columns.begin() + static_cast<std::ptrdiff_t>(keys), columns.end())) {
        auto with_it = out.back();
        with_it.push_back(c);
        if (least_width(t, with_it) <= width || out.back().size() == keys) {
            out.back() = with_it;
        } else {
            out.push_back(names);
            out.back().push_back(c);
        }
    }
    return out;
}

/// The rows whose cell in this column is the best: more than one if they show the same. None if all do.
std::vector<bool> best_in(const table& t, std::size_t column) {
    std::vector<bool> out(t.rows.size());
    const auto counts = [&](const row& r) {
        return r.mood == tone::plain && r.competes && column < r.values.size() && std::isfinite(r.values[column]);
    };
    const row* first = nullptr;
    for (const auto& r : t.rows) {
        if (!counts(r) || t.columns[column].mark == best::none) continue;
        const bool lower = t.columns[column].mark == best::lowest;
        if (first == nullptr ||
            (lower ? r.values[column] < first->values[column] : r.values[column] > first->values[column]))
            first = &r;
    }
    if (first == nullptr) return out;
    bool others = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = counts(t.rows[i]) && t.rows[i].cells[column] == first->cells[column];
        others = others || (counts(t.rows[i]) && !out[i]);
    }
    return others ? out : std::vector<bool>(out.size());
}

std::vector<bool> marks_in(const table& t, std::size_t column) {
    auto out = best_in(t, column);
    for (std::size_t i = 0; i < out.size(); ++i)
        if (column < t.rows[i].marked.size() && t.rows[i].marked[column]) out[i] = true;
    return out;
}

/// In eighths of a character.
std::string bar_of(double share) {
    constexpr std::array<std::string_view, 8> ends{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * 8 * bar_width));
    std::string out;
    for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
    return out.append(ends[eighths % 8]);
}

/// A block of a table, ready to be written.
class text_block {
public:
    text_block(const table& t, selection columns, const look& how) : t_(t), columns_(std::move(columns)), how_(how) {
        for (const auto c : columns_) {
            widths_.push_back(natural_width(t, c));
            best_.push_back(marks_in(t, c));
        }
        if (ends_with_text(t, columns_)) fit_texts();
        choose_bars();
    }

    [[nodiscard]] std::string text() const {
        std::string out;
        put_head(out, [](const column& c) { return c.name; });
        if (std::any_of(columns_.begin(), columns_.end(), [this](auto c) { return !t_.columns[c].unit.empty(); }))
            put_head(out, text_unit);
        std::string rule;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            rule.append(widths_[i], '-').append(gap);
            if (has_bar(i)) rule.append(bar_width, ' ').append(gap);
        }
        put_line(out, rule, ink::plain);
        for (std::size_t r = 0; r < t_.rows.size(); ++r) put_row(out, r);
        return out;
    }

private:
    [[nodiscard]] std::size_t width() const {
        return std::accumulate(widths_.begin(), widths_.end(), gap.size() * (widths_.size() - 1) + 1);
    }
    [[nodiscard]] bool has_bar(std::size_t i) const { return bars_ && t_.columns[columns_[i]].with_bars; }

    /// The texts beside their row if all have room there, else those without room below it.
    void fit_texts() {
        const auto others = width() - 1 - widths_.back();
        const auto room = how_.width - std::min(how_.width, others);
        const auto fits = [&](const row& r) {
            return display_width(r.cells[columns_.back()]) <= std::max(room, short_text);
        };
        if (widths_.back() > room && std::none_of(t_.rows.begin(), t_.rows.end(), fits)) {
            below_ = columns_.back();
            columns_.pop_back();
            widths_.pop_back();
            best_.pop_back();
            return;
        }
        if (widths_.back() > room) widths_.back() = shortest_text(t_, columns_.back());
    }

    void choose_bars() {
        std::size_t more = 0;
        for (const auto c : columns_)
            if (t_.columns[c].with_bars) more += bar_width + gap.size();
        bars_ = more > 0 && t_.rows.size() > 1 && width() + more <= how_.width;
    }

    [[nodiscard]] double largest_in(std::size_t column) const {
        double out = 0;
        for (const auto& r : t_.rows)
            if (column < r.values.size() && std::isfinite(r.values[column])) out = std::max(out, r.values[column]);
        return out;
    }

    template <class Text>
    void put_head(std::string& out, Text head) const {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const auto& c = t_.columns[columns_[i]];
            line.append(pad(head(c), widths_[i], c.side)).append(gap);
            if (has_bar(i)) line.append(bar_width, ' ').append(gap);
        }
        put_line(out, line, ink::bold);
    }

    void put_row(std::string& out, std::size_t r) const {
        const row& content = t_.rows[r];
        std::string line, below = below_ ? content.cells[*below_] : "";
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const auto column = columns_[i];
            std::string_view cell = content.cells[column];
            if (i + 1 == columns_.size() && display_width(cell) > widths_[i]) {
                below = cell;
                cell = elsewhere;
            }
            const auto padded = pad(cell, widths_[i], t_.columns[column].side);
            const bool is_best = best_[i][r];
            const bool painted_alone = is_best && content.mood == tone::plain;
            line += painted_alone ? painted(padded + "*", ink::good, how_.ink) + " " : padded + std::string(gap);
            if (has_bar(i)) line += pad(bar_in(content, column), bar_width, align::left) + std::string(gap);
        }
        const auto with = content.mood == tone::alarm ? ink::alarm : ink::plain;
        put_line(out, line, with);
        if (below.empty()) return;
        const std::string indent(text_indent, ' ');
        for (const auto& part : wrap(below, how_.width - std::min(how_.width, text_indent)))
            put_line(out, indent + part, with);
    }

    [[nodiscard]] std::string bar_in(const row& r, std::size_t column) const {
        const double largest = largest_in(column);
        const bool known = column < r.values.size() && std::isfinite(r.values[column]) && largest > 0;
        return known ? bar_of(r.values[column] / largest) : "";
    }

    void put_line(std::string& out, std::string line, ink with) const {
        line.erase(line.find_last_not_of(' ') + 1);
        out += painted(line, with, how_.ink) + '\n';
    }

    const table& t_;
    selection columns_;
    look how_;
    std::vector<std::size_t> widths_;
    std::vector<std::vector<bool>> best_;
    bool bars_ = false;
    std::optional<std::size_t> below_;  ///< a column of which all texts stand below their rows
};

/// The columns that have given way, in one sentence; empty if none has.
std::string no_room_for(const table& t, const selection& shown, const look& how) {
    std::string names;
    for (std::size_t c = 0; c < t.columns.size(); ++c)
        if (std::find(shown.begin(), shown.end(), c) == shown.end())
            names += (names.empty() ? "" : ", ") + name_with_unit(t.columns[c]);
    if (names.empty()) return {};
    std::string out;
    for (const auto& line : wrap(fmt::format("No room at {} columns for: {}.", how.width, names), how.width))
        out += painted(line, ink::dim, how.ink) + '\n';
    return out;
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

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out, lead;
    const auto room = std::min(width, widest_sentence);
    for (const auto& line : wrap(text, room - std::min(room, indent))) {
        out += lead + line + "\n";
        lead.assign(indent, ' ');
    }
    return out;
}

std::string entry(std::string_view name, std::string_view text, std::size_t column, std::size_t width) {
    constexpr std::size_t least = 20;  // of a text
    std::string out(name), lead;
    const auto used = display_width(name);
    if (used + 1 > column) out += "\n" + std::string(column, ' ');
    else out.append(column - used, ' ');
    for (const auto& line : wrap(text, std::max(width, column + least) - column)) {
        out.append(lead).append(line).append("\n");
        lead.assign(column, ' ');
    }
    return out;
}

std::string to_text(const table& t, const look& how) {
    if (t.columns.empty()) return {};
    selection all(t.columns.size());
    std::iota(all.begin(), all.end(), 0u);
    const auto shown = how.details ? all : columns_that_fit(t, all, how.width);
    std::string out;
    for (const auto& block : blocks_of(t, shown, how.width))
        out += (out.empty() ? "" : "\n") + text_block(t, block, how).text();
    return out + no_room_for(t, shown, how);
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
