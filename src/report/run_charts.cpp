#include "report/run_charts.hpp"

#include "contracts/error.hpp"
#include "report/chart_marks.hpp"
#include "report/percentiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace pipebench::reporting {
namespace {

constexpr double interval_alpha = 0.05;                         // of the median over the rounds
constexpr double longest_rate_window_s = 1, rate_windows = 20;  // the samples of a short run are few

using summaries = std::vector<pattern_summary>;
using value_of_run = std::function<double(const run_result&)>;

double in_mb(const known_bytes& bytes) { return bytes ? static_cast<double>(*bytes) / 1e6 : no_value; }

std::vector<std::string> names_in(const summaries& patterns) {
    std::vector<std::string> out;
    for (const auto& p : patterns) out.push_back(p.typical.pattern);
    return out;
}

/// The runs of a row that were not interrupted; all of them if every one was.
std::vector<const run_result*> rounds_of(const report_model& m, const pattern_summary& p) {
    auto out = runs_of(m.shown, row_name(p.typical));
    const auto cut = [](const run_result* r) { return r->interrupted; };
    if (!std::all_of(out.begin(), out.end(), cut)) std::erase_if(out, cut);
    return out;
}

bool is_open(const scenario_report& part) {
    return std::any_of(part.patterns.begin(), part.patterns.end(),
                       [](const pattern_summary& p) { return p.typical.load.has_value(); });
}

bool has_rounds(const scenario_report& part) {
    return std::any_of(part.patterns.begin(), part.patterns.end(),
                       [](const pattern_summary& p) { return p.rounds > 1; });
}

chart chart_of_rows(std::string title, std::string unit, std::vector<std::string> rows) {
    chart out;
    out.title = std::move(title);
    out.x.title = std::move(unit);
    out.y.labels = std::move(rows);
    out.has_rows = true;
    return out;
}

// Bars: one value for each pattern.

chart_series values_of(std::string label, series_kind kind, std::size_t colour, const summaries& patterns,
                       const value_of_run& value) {
    chart_series out{std::move(label), kind, colour};
    for (std::size_t i = 0; i < patterns.size(); ++i)
        out.points.push_back({value(patterns[i].typical), static_cast<double>(i)});
    return out;
}

chart_series dots_of_rounds(const report_model& m, const scenario_report& part, const value_of_run& value) {
    chart_series out{"Rounds", series_kind::dots, 6};
    for (std::size_t i = 0; i < part.patterns.size(); ++i)
        for (const auto* run : rounds_of(m, part.patterns[i]))
            out.points.push_back(
                {value(*run), static_cast<double>(i), no_value, no_value, fmt::format("round {}", run->round)});
    return out;
}

/// A bar for each pattern, and its rounds as points on it.
chart bar_chart(const report_model& m, const scenario_report& part, std::string title, std::string unit,
                std::string label, const value_of_run& value) {
    auto out = chart_of_rows(std::move(title), std::move(unit), names_in(part.patterns));
    out.series.push_back(values_of(std::move(label), series_kind::bars, 0, part.patterns, value));
    if (has_rounds(part)) out.series.push_back(dots_of_rounds(m, part, value));
    return out;
}

chart speed_chart(const report_model& m, const scenario_report& part) {
    if (!is_open(part)) {
        auto out =
            bar_chart(m, part, "Time against floor", "s", "Time", [](const run_result& r) { return r.time_s; });
        out.series.push_back(
            values_of("Floor", series_kind::ticks, 1, part.patterns, [](const run_result& r) { return r.floor_s; }));
        return out;
    }
    const auto rate = [](double load_view::*of) {
        return [=](const run_result& r) { return r.load ? (*r.load).*of : no_value; };
    };
    auto out = bar_chart(m, part, "Orders stored against orders that arrived", "orders/s", "Achieved",
                         rate(&load_view::achieved_per_s));
    out.series.push_back(values_of("Offered", series_kind::ticks, 1, part.patterns, rate(&load_view::offered_per_s)));
    return out;
}

chart cpu_chart(const report_model& m, const scenario_report& part) {
    return bar_chart(m, part, "CPU time per order", "us", "CPU/order",
                     [](const run_result& r) { return r.cpu_per_order_us; });
}

chart memory_chart(const scenario_report& part) {
    auto out = chart_of_rows("Peak memory", "MB", names_in(part.patterns));
    out.explanation = "RSS counts shared pages in each process, PSS once.";
    out.series = {values_of("RSS", series_kind::bars, 0, part.patterns,
                            [](const run_result& r) { return in_mb(r.memory.peak_rss_bytes); }),
                  values_of("PSS", series_kind::bars, 4, part.patterns,
                            [](const run_result& r) { return in_mb(r.memory.peak_pss_bytes); })};
    return out;
}

// Rounds: each as a point, with the median and its interval.

/// The median over the rounds, with its exact interval by the sign test where there are enough.
chart_point median_of(const std::vector<double>& values, double row) {
    chart_point out{median(values), row};
    const bool has_logs = std::all_of(values.begin(), values.end(), [](double x) { return x > 0; });
    if (!has_logs) return out;
    const std::vector<double> ones(values.size(), 1.0);
    if (const auto range = paired_ratio(ones, values, interval_alpha).range) {
        out.low = range->low;
        out.high = range->high;
        out.note = fmt::format("{:.1f} % interval", 100 * range->confidence);
    } else {
        out.note = "too few rounds for an interval";
    }
    return out;
}

chart rounds_chart(const report_model& m, const scenario_report& part, std::string title, std::string unit,
                   const value_of_run& value) {
    auto out = chart_of_rows(std::move(title), std::move(unit), names_in(part.patterns));
    out.explanation =
        "Each round is a point. The bar is the 95 % interval of the median (sign test), which needs six "
        "rounds.";
    chart_series medians{"Median", series_kind::intervals, 1};
    for (std::size_t i = 0; i < part.patterns.size(); ++i) {
        std::vector<double> values;
        for (const auto* run : rounds_of(m, part.patterns[i]))
            if (const double x = value(*run); std::isfinite(x)) values.push_back(x);
        if (!values.empty()) medians.points.push_back(median_of(values, static_cast<double>(i)));
    }
    out.series = {dots_of_rounds(m, part, value), medians};
    return out;
}

std::vector<chart> rounds_charts(const report_model& m, const scenario_report& part) {
    if (!has_rounds(part)) return {};
    return {rounds_chart(m, part, "Time of each round", "s", [](const run_result& r) { return r.time_s; }),
            rounds_chart(m, part, "CPU time per order of each round", "us",
                         [](const run_result& r) { return r.cpu_per_order_us; }),
            rounds_chart(m, part, "Peak memory (PSS) of each round", "MB",
                         [](const run_result& r) { return in_mb(r.memory.peak_pss_bytes); })};
}

// Distributions of latency.

/// The share of `orders` that took at most so long, in percent. It ends below 100 % if not all of them were stored.
chart_series share_within(std::string label, std::size_t colour, const latency_distribution& d,
                          std::uint64_t orders) {
    chart_series out{std::move(label), series_kind::step, colour};
    const auto all = static_cast<double>(std::max(orders, orders_in(d)));
    std::uint64_t so_far = 0;
    if (!d.bins.empty()) out.points.push_back({edge_ms(d.bins.front()), 0});
    for (std::size_t i = 0; i < std::min(d.bins.size(), d.counts.size()); ++i) {
        so_far = saturating_sum(so_far, d.counts[i]);
        out.points.push_back({edge_ms(d.bins[i]), 100 * static_cast<double>(so_far) / all});
    }
    out.points = thinned(std::move(out.points));
    return out;
}

/// Of the same, the share that took longer; without the last point, which has no logarithm.
chart_series share_beyond(chart_series within) {
    for (auto& p : within.points) p.y = 100 - p.y;
    std::erase_if(within.points, [](const chart_point& p) { return p.y < 1e-9; });
    return within;
}

chart latency_chart(std::string title, std::vector<chart_series> series) {
    chart out;
    out.title = std::move(title);
    out.x = {"ms", true};
    out.y = {"% of orders within", false, 0, 100};
    out.series = std::move(series);
    return out;
}

chart tail_of(const chart& c, std::string title) {
    chart out = c;
    out.title = std::move(title);
    out.explanation.clear();
    out.y = {"% of orders later", true, no_value, 100};
    for (auto& s : out.series) s = share_beyond(s);
    return out;
}

void mark_objectives(chart& c, const load_view& load) {
    for (const auto& o : load.objectives)
        c.marks.push_back({o.limit_ms, fmt::format("objective {}: {}", printable(o.text), name_of(o.verdict))});
}

/// Response, wait and service of an open run.
chart open_latency_chart(const pattern_summary& p) {
    const auto& load = *p.typical.load;
    auto out = latency_chart(fmt::format("{}: response, wait and service", p.typical.pattern),
                             {share_within("Response (arrival to end)", 0, load.responses, load.orders),
                              share_within("Wait (arrival to begin)", 1, load.waits, load.orders),
                              share_within("Service (begin to end)", 2, p.typical.served, 0)});
    out.explanation = "What was not stored is later than all of these, so a response may end below 100 %.";
    mark_objectives(out, load);
    return out;
}

std::vector<chart> latency_charts(const scenario_report& part) {
    std::vector<chart_series> all;
    const bool open = is_open(part);
    for (std::size_t i = 0; i < part.patterns.size(); ++i) {
        const auto& run = part.patterns[i].typical;
        all.push_back(run.load ? share_within(run.pattern, i, run.load->responses, run.load->orders)
                               : share_within(run.pattern, i, run.served, 0));
    }
    std::vector<chart> out{latency_chart(
        open ? "Response: share of orders within a time" : "Latency: share of orders within a time", all)};
    if (open && part.patterns.front().typical.load) mark_objectives(out[0], *part.patterns.front().typical.load);
    for (auto& mark : out[0].marks) mark.text = mark.text.substr(0, mark.text.find(':', sizeof "objective"));
    out.push_back(
        tail_of(out[0], open ? "Response: share of orders that took longer" : "Latency: share that took longer"));
    for (const auto& p : part.patterns)
        if (p.typical.load) out.push_back(open_latency_chart(p));
    return out;
}

// Over time.

/// The run whose series a summary has, with its own recovery.
const run_result& run_of_series(const report_model& m, const pattern_summary& p) {
    for (const auto* run : rounds_of(m, p))
        if (run->round == p.typical.round) return *run;
    return p.typical;
}

chart_series over_time(std::string label, std::size_t colour, const series_view& s, std::vector<double> values) {
    chart_series out{std::move(label), series_kind::line, colour};
    for (std::size_t i = 0; i < std::min(s.t_s.size(), values.size()); ++i)
        out.points.push_back({s.t_s[i], values[i]});
    out.points = thinned(std::move(out.points));
    return out;
}

/// Over which a rate is taken: a part of the run, but no more than a second where its samples are that dense.
double rate_window_s(const std::vector<double>& t_s) {
    return t_s.empty() ? longest_rate_window_s : std::min(longest_rate_window_s, t_s.back() / rate_windows);
}

/// How fast a count grew until each sample, since the last sample that is `window_s` older.
std::vector<double> rate_of(const std::vector<double>& t_s, const std::vector<double>& counts) {
    std::vector<double> out;
    const double window_s = rate_window_s(t_s);
    std::size_t before = 0;  // 0: the begin of the run; i + 1: sample i
    for (std::size_t i = 0; i < std::min(t_s.size(), counts.size()); ++i) {
        while (before < i && t_s[before] <= t_s[i] - window_s) ++before;
        const double since_s = before == 0 ? 0 : t_s[before - 1], since = before == 0 ? 0 : counts[before - 1];
        out.push_back(t_s[i] > since_s ? (counts[i] - since) / (t_s[i] - since_s) : no_value);
    }
    return out;
}

bool is_known(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

chart time_chart(const run_result& run, std::string_view title, std::string unit) {
    chart out;
    out.title = fmt::format("{}: {}{}", run.pattern, title, run.load && run.load->saturated ? " (saturated)" : "");
    out.x.title = "s since the run began";
    out.y.title = std::move(unit);
    out.marks = marks_of(run);
    return out;
}

chart orders_chart(const run_result& run) {
    auto out = time_chart(run, "orders under way", "orders");
    const auto& s = run.series;
    out.series.push_back(over_time("In flight", 0, s, s.in_flight));
    out.series.push_back(over_time("Queue", 1, s, s.queued));
    if (is_known(s.lag)) out.series.push_back(over_time("Stream: not delivered", 2, s, s.lag));
    if (is_known(s.pending)) out.series.push_back(over_time("Stream: not acknowledged", 3, s, s.pending));
    return out;
}

/// How many orders had arrived at each sample; those that a restart has cleared do not arrive again.
std::vector<double> arrived_in(const series_view& s) {
    std::vector<double> out;
    double most = 0;
    for (std::size_t i = 0; i < std::min({s.queued.size(), s.in_flight.size(), s.completed.size(), s.failed.size()});
         ++i) {
        most = std::max(most, s.queued[i] + s.in_flight[i] + s.completed[i] + s.failed[i]);
        out.push_back(most);
    }
    return out;
}

chart rate_chart(const run_result& run) {
    auto out = time_chart(run, "orders stored per second", "orders/s");
    const auto& s = run.series;
    out.series.push_back(over_time("Stored", 0, s, rate_of(s.t_s, s.completed)));
    const auto any_failed = std::any_of(s.failed.begin(), s.failed.end(), [](double x) { return x > 0; });
    if (any_failed) out.series.push_back(over_time("Failed", 1, s, rate_of(s.t_s, s.failed)));
    if (run.load) out.series.push_back(over_time("Offered", 6, s, rate_of(s.t_s, arrived_in(s))));
    return out;
}

chart rss_chart(const run_result& run) {
    auto out = time_chart(run, "memory (RSS)", "MB");
    out.series.push_back(over_time("RSS", 0, run.series, run.series.rss_mb));
    return out;
}

/// Two samples make a line.
bool has_series(const run_result& run) { return run.series.t_s.size() > 1; }

// Workers elsewhere.

std::string name_of_worker(const joined_worker& w) { return fmt::format("{} {}", printable(w.host, 60), w.pid); }

std::string description_of(const joined_worker& w) {
    return fmt::format("{} cores, {} processes, {} orders ended; {}", w.cores, w.processes, w.ended, name_of(w.how));
}

/// Sorted by host, then by when they came.
std::vector<joined_worker> in_order(std::vector<joined_worker> workers) {
    std::stable_sort(workers.begin(), workers.end(), [](const joined_worker& a, const joined_worker& b) {
        return a.host != b.host ? a.host < b.host : a.joined_s < b.joined_s;
    });
    return workers;
}

chart workers_chart(const run_result& run) {
    chart out = chart_of_rows(fmt::format("{}, round {}: workers on other machines", run.pattern, run.round),
                              "s since the run began", {});
    chart_series there{"There", series_kind::spans, 0}, gone{"Not seen", series_kind::spans, 1};
    chart_series left{"Left before the end", series_kind::crosses, 6};
    const auto until = [&](double s) { return std::isfinite(s) ? s : run.time_s; };
    for (const auto& w : in_order(run.workers)) {
        const auto row = static_cast<double>(out.y.labels.size());
        out.y.labels.push_back(name_of_worker(w));
        there.points.push_back({no_value, row, w.joined_s, until(w.left_s), description_of(w)});
        for (const auto& g : w.gaps) gone.points.push_back({no_value, row, g.from_s, until(g.to_s), "not seen"});
        if (std::isfinite(w.left_s)) left.points.push_back({w.left_s, row, no_value, no_value, description_of(w)});
    }
    out.series = {there, gone, left};
    std::erase_if(out.series, [](const chart_series& s) { return s.points.empty(); });
    out.marks = marks_of(run);
    return out;
}

std::vector<chart> worker_charts(const report_model& m, const scenario_report& part) {
    std::vector<chart> out;
    for (const auto& p : part.patterns) {
        const auto& run = run_of_series(m, p);
        if (!run.workers.empty()) out.push_back(workers_chart(run));
    }
    return out;
}

chart_group over_time_group(const report_model& m, const pattern_summary& p, bool several_rounds) {
    const auto& run = run_of_series(m, p);
    chart_group out{
        fmt::format("{} over time{}", run.pattern, several_rounds ? fmt::format(" (round {})", run.round) : ""), {}};
    if (has_series(run)) out.charts = {orders_chart(run), rate_chart(run), rss_chart(run)};
    return out;
}

}  // namespace

std::vector<chart_group> charts_of(const report_model& m, const scenario_report& part) {
    if (part.patterns.empty()) return {};
    std::vector<chart_group> out{
        {"Speed, CPU and memory", {speed_chart(m, part), cpu_chart(m, part), memory_chart(part)}},
        {"Rounds", rounds_charts(m, part)},
        {"Latency", latency_charts(part)},
        {"Workers", worker_charts(m, part)}};
    for (const auto& p : part.patterns) out.push_back(over_time_group(m, p, has_rounds(part)));
    for (auto& group : out) std::erase_if(group.charts, [](const chart& c) { return !has_values(c); });
    std::erase_if(out, [](const chart_group& g) { return g.charts.empty(); });
    return out;
}

}  // namespace pipebench::reporting
