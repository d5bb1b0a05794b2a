#include "report/sweep_charts.hpp"

#include "contracts/error.hpp"
#include "report/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

using cells_of_points = std::vector<std::vector<sweep_cell>>;  ///< by point, then by pattern

constexpr std::size_t colour_of_untrusted = 6;
constexpr std::size_t most_leaders_named = 2;

cells_of_points all_cells(const sweep_outcome& s, const metric& m) {
    cells_of_points out;
    for (const auto& point : s.points) out.push_back(cells_at(s, point, m));
    return out;
}

bool is_trusted(const sweep_cell& c) { return c.state == cell_state::best || c.state == cell_state::good; }

double trusted_value(const sweep_cell& c) { return is_trusted(c) ? c.value : no_value; }

chart_series line_of(const sweep_outcome& s, const cells_of_points& cells, std::size_t pattern) {
    chart_series out{printable(s.patterns[pattern]), series_kind::line, pattern};
    for (std::size_t i = 0; i < cells.size(); ++i)
        out.points.push_back({static_cast<double>(i), trusted_value(cells[i][pattern])});
    return out;
}

chart_series untrusted(const sweep_outcome& s, const cells_of_points& cells) {
    chart_series out{"! not to be trusted", series_kind::crosses, colour_of_untrusted};
    for (std::size_t i = 0; i < cells.size(); ++i)
        for (std::size_t p = 0; p < cells[i].size(); ++p)
            if (cells[i][p].state == cell_state::not_trusted)
                out.points.push_back({static_cast<double>(i), cells[i][p].value, no_value, no_value,
                                      printable(fmt::format("{}: {}", s.patterns[p], cells[i][p].why))});
    return out;
}

std::size_t index_of(const sweep_outcome& s, const std::string& pattern) {
    return static_cast<std::size_t>(std::find(s.patterns.begin(), s.patterns.end(), pattern) - s.patterns.begin());
}

/// Where the straight lines of two patterns cross between two points that follow each other; the middle if they do not.
double crossing(const cells_of_points& cells, std::size_t from, std::size_t a, std::size_t b) {
    const auto start = static_cast<double>(from);
    const double before = cells[from][a].value - cells[from][b].value;
    const double after = cells[from + 1][a].value - cells[from + 1][b].value;
    const double share = before / (before - after);
    return share > 0 && share < 1 ? start + share : start + 0.5;
}

std::string names_of(const lead& l) {
    if (l.leaders.empty()) return "all level";
    if (l.leaders.size() > most_leaders_named) return fmt::format("{} level", l.leaders.size());
    return printable(fmt::format("{}", fmt::join(l.leaders, " and ")), 60);
}

std::vector<chart_mark> crossings(const sweep_outcome& s, const cells_of_points& cells, const metric& m) {
    std::vector<chart_mark> out;
    if (s.patterns.size() < 2) return out;
    const auto all = leads(s, m);
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        const auto &before = all[i], &after = all[i + 1];
        if (!before.contested || !after.contested) continue;
        double at = static_cast<double>(before.last) + 0.5;
        if (before.leaders.size() == 1 && after.leaders.size() == 1)
            at =
                crossing(cells, before.last, index_of(s, before.leaders.front()), index_of(s, after.leaders.front()));
        out.push_back({at, fmt::format("{} → {}", names_of(before), names_of(after))});
    }
    return out;
}

chart chart_of(const sweep_outcome& s, const metric& m) {
    const auto cells = all_cells(s, m);
    chart out;
    out.title = fmt::format("{}, {} is better", m.title, m.direction == better::lower ? "less" : "more");
    out.x.title = s.option;
    for (const auto& point : s.points) out.x.labels.push_back(printable(point.value, 40));
    out.y.title = m.unit;
    for (std::size_t p = 0; p < s.patterns.size(); ++p) out.series.push_back(line_of(s, cells, p));
    if (auto bad = untrusted(s, cells); !bad.points.empty()) out.series.push_back(std::move(bad));
    out.y.logarithmic = spread_widely(out.series, &chart_point::y);
    out.marks = crossings(s, cells, m);
    if (!out.marks.empty())
        out.explanation = "Marked: where the lead changes hands, by straight lines between points.";
    return out;
}

chart_series points_of(const pattern_search& p, std::size_t colour, bool met) {
    chart_series out{fmt::format("{}: {}", printable(p.pattern), met ? "met" : "not met"),
                     met ? series_kind::dots : series_kind::crosses, colour};
    for (const auto& point : p.points)
        if ((point.judged.verdict == objective_verdict::met) == met && !point.result.runs.empty())
            out.points.push_back(
                {point.value, point.run().latency.p99_ms, no_value, no_value, printable(point.judged.why)});
    return out;
}

}  // namespace

std::vector<chart> charts_of(const sweep_outcome& s) {
    std::vector<chart> out;
    for (const auto& shown : swept_metrics()) out.push_back(chart_of(s, *find_metric(shown.id)));
    return out;
}

std::vector<chart> charts_of(const load_search_outcome& s) {
    chart out;
    out.title = fmt::format("p99 of every point ({})", printable(s.objectives));
    out.x.title = s.rate.empty() ? "orders/s" : "size";
    out.y.title = "ms";
    for (std::size_t i = 0; i < s.patterns.size(); ++i)
        for (const bool met : {true, false})
            if (auto series = points_of(s.patterns[i], i, met); !series.points.empty())
                out.series.push_back(std::move(series));
    out.x.logarithmic = spread_widely(out.series, &chart_point::x);
    out.y.logarithmic = spread_widely(out.series, &chart_point::y);
    return {out};
}

}  // namespace pipebench::reporting
