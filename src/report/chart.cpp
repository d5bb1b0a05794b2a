#include "report/chart.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace pipebench::reporting {
namespace {

using json = nlohmann::ordered_json;

constexpr double wide_spread = 30;          // greatest / least value on one axis
constexpr std::size_t most_names_said = 8;  // in the description of a chart

std::string_view name_of(series_kind k) {
    switch (k) {
        case series_kind::line: return "line";
        case series_kind::step: return "step";
        case series_kind::dots: return "dots";
        case series_kind::crosses: return "crosses";
        case series_kind::ticks: return "ticks";
        case series_kind::bars: return "bars";
        case series_kind::spans: return "spans";
        case series_kind::intervals: break;
    }
    return "intervals";
}

json json_of(double value) {
    if (!std::isfinite(value)) return nullptr;
    const double shown = std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
    const bool whole = std::abs(shown) < 1e15 && shown == std::floor(shown);
    return whole ? json(static_cast<std::int64_t>(shown)) : json(shown);  // "3" is shorter than "3.0"
}

/// [x, y], [x, y, low, high] or [x, y, low, high, note]
json json_of(const chart_point& p) {
    json out{json_of(p.x), json_of(p.y)};
    if (std::isfinite(p.low) || std::isfinite(p.high) || !p.note.empty()) {
        out.push_back(json_of(p.low));
        out.push_back(json_of(p.high));
    }
    if (!p.note.empty()) out.push_back(p.note);
    return out;
}

json json_of(const chart_axis& a) {
    json out{{"title", a.title}, {"log", a.logarithmic}};
    if (std::isfinite(a.least)) out["least"] = json_of(a.least);
    if (std::isfinite(a.most)) out["most"] = json_of(a.most);
    if (!a.labels.empty()) out["labels"] = a.labels;
    return out;
}

json json_of(const chart_series& s) {
    json out{{"label", s.label}, {"kind", name_of(s.kind)}, {"colour", s.colour}, {"points", json::array()}};
    for (const auto& p : s.points) out["points"].push_back(json_of(p));
    return out;
}

chart without_rows_beyond(chart c, std::size_t most) {
    if (!c.has_rows || c.y.labels.size() <= most) return c;
    c.y.labels.resize(most);
    for (auto& s : c.series)
        std::erase_if(s.points, [&](const chart_point& p) { return p.y >= static_cast<double>(most); });
    return c;
}

bool is_less(const chart_point& a, const chart_point& b) { return a.y < b.y; }

/// Appends the least and the greatest of points[from, to), in their order; a gap if all are gaps.
void add_extremes(const std::vector<chart_point>& points, std::size_t from, std::size_t to,
                  std::vector<chart_point>& out) {
    std::vector<chart_point> known;
    for (std::size_t i = from; i < to; ++i)
        if (std::isfinite(points[i].y)) known.push_back(points[i]);
    if (known.empty()) {
        out.push_back(points[from]);
        return;
    }
    const auto [least, most] = std::minmax_element(known.begin(), known.end(), is_less);
    out.push_back(*std::min(least, most));
    if (least != most) out.push_back(*std::max(least, most));
}

std::string names_of(const std::vector<std::string>& all) {
    const std::vector<std::string> some(
        all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), most_names_said)));
    return fmt::format("{}{}", fmt::join(some, ", "),
                       all.size() > some.size() ? fmt::format(" and {} more", all.size() - some.size()) : "");
}

}  // namespace

bool has_values(const chart& c) {
    const auto is_known = [](const chart_point& p) {
        return (std::isfinite(p.x) || std::isfinite(p.low)) && std::isfinite(p.y);
    };
    return std::any_of(c.series.begin(), c.series.end(), [&](const chart_series& s) {
        return std::any_of(s.points.begin(), s.points.end(), is_known);
    });
}

json json_of(const chart& whole) {
    const auto c = without_rows_beyond(whole, most_chart_rows);
    json out{{"title", c.title},   {"x", json_of(c.x)},       {"y", json_of(c.y)},
             {"rows", c.has_rows}, {"series", json::array()}, {"marks", json::array()}};
    for (const auto& s : c.series) out["series"].push_back(json_of(s));
    for (const auto& m : c.marks)
        if (std::isfinite(m.at)) out["marks"].push_back({{"at", json_of(m.at)}, {"text", m.text}});
    return out;
}

std::string explanation_of(const chart& c) {
    if (!c.has_rows || c.y.labels.size() <= most_chart_rows) return c.explanation;
    return fmt::format("{}{}The first {} of {} rows; the tables have all.", c.explanation,
                       c.explanation.empty() ? "" : " ", most_chart_rows, c.y.labels.size());
}

std::string describe(const chart& c) {
    std::vector<std::string> names;
    for (const auto& s : c.series) names.push_back(s.label);
    auto out = fmt::format("Chart: {}. Shown: {}", c.title, names_of(names));
    if (c.has_rows) out += fmt::format("; of {}", names_of(c.y.labels));
    for (const auto& m : c.marks) out += fmt::format("; marked: {}", m.text);
    return out + ". The tables of this page have the numbers.";
}

std::vector<chart_point> thinned(std::vector<chart_point> points, std::size_t most) {
    constexpr std::size_t ends = 2, of_a_part = 2;
    if (points.size() <= most || most < ends + of_a_part) return points;
    const std::size_t parts = (most - ends) / of_a_part, inner = points.size() - ends;
    std::vector<chart_point> out{points.front()};
    for (std::size_t i = 0; i < parts; ++i) {
        const auto from = 1 + inner * i / parts, to = 1 + inner * (i + 1) / parts;
        if (from < to) add_extremes(points, from, to, out);
    }
    out.push_back(points.back());
    return out;
}

bool spread_widely(const std::vector<chart_series>& series, double chart_point::*value) {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const auto& s : series)
        for (const auto& p : s.points) {
            if (!std::isfinite(p.*value)) continue;
            least = std::min(least, p.*value);
            most = std::max(most, p.*value);
        }
    return least > 0 && most > wide_spread * least;
}

}  // namespace pipebench::reporting
