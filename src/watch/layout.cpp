#include "watch/layout.hpp"

#include "contracts/number.hpp"
#include "report/numbers.hpp"
#include "watch/view_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace pipebench {
namespace {

using reporting::ink;
using block = std::vector<view_line>;

constexpr std::size_t label_width = 11, value_width = 28;  ///< left of a sparkline, in columns
constexpr std::size_t tallest_chart = 5, high_chart = 3;   ///< rows
constexpr std::size_t least_of_a_table = 4;                ///< rows that the tables get before blank lines do

view_piece label(std::string_view text) { return {fmt::format("{:<{}}", text, label_width), ink::bold}; }

// --- the run that goes ---

/// A chart over time, with its figures left of it.
struct chart {
    std::string_view name;
    std::string now;
    double run_moment::*of;
    std::string (*text)(double);  ///< of a value
    double top = unknown_number;  ///< of the scale, if it is known
};

std::string of_limit(double in_flight, double limit) {
    return std::isnan(limit) ? count_text(in_flight)
                             : fmt::format("{} of {}", count_text(in_flight), count_text(limit));
}

std::vector<chart> charts_of(const status_history& seen, const shown_run& run) {
    const auto& moments = seen.moments();
    const double rate = moments.empty() ? unknown_number : moments.back().rate;
    const auto& latency = latency_of(run);
    const auto* since = run.open ? "from arrival" : "from begin";
    const double limit = run.workers.empty() ? run.place.in_flight_limit : unknown_number;
    std::vector<chart> out{
        {"Rate", fmt::format("{}, mean {}", rate_text(rate), rate_text(mean_rate(run))), &run_moment::rate,
         rate_text},
        {"In flight", of_limit(in_flight_of(run), limit), &run_moment::in_flight, count_text, limit}};
    if (run.open)
        out.push_back({"Queue",
                       fmt::format("{}, oldest {}", count_text(run.orders.queued), time_text(run.oldest_queued_s)),
                       &run_moment::queued, count_text});
    out.push_back({"p50", fmt::format("{} {}", milliseconds_text(latency.p50_ms), since), &run_moment::p50_ms,
                   milliseconds_text});
    out.push_back({"p99", fmt::format("{} {}", milliseconds_text(latency.p99_ms), since), &run_moment::p99_ms,
                   milliseconds_text});
    return out;
}

/// NaN if none is known.
double largest(const std::vector<double>& values) {
    double out = unknown_number;
    for (const double v : values) out = std::fmax(out, v);
    return out;
}

view_piece value(std::string_view text, ink with = ink::plain) {
    return {fmt::format("{:<{}.{}} ", text, value_width - 1, value_width - 1), with};
}

/// The figures stand beside the lowest row, and above them how much the chart shows at most, if there is room. A high
/// one has an empty row below it.
block drawn(const chart& c, const status_history& seen, view_size size, std::size_t rows, letters with) {
    const auto left = label_width + value_width;
    const auto values = seen.series(c.of, size.columns > left ? size.columns - left : 0);
    const double most = largest(values);
    const std::size_t below = rows >= high_chart ? 1 : 0, height = rows - below;
    const auto lines = sparkline(values, c.top, height, with);
    block out;
    for (std::size_t i = 0; i < height; ++i) {
        const bool lowest = i + 1 == height, above = i + 2 == height;
        const auto peak = above && !std::isnan(most) ? "up to " + c.text(most) : "";
        out.push_back(
            {label(lowest ? c.name : ""), lowest ? value(c.now) : value(peak, ink::dim), {lines[i], ink::good}});
    }
    out.resize(rows);
    return out;
}

std::string bar_of(double done, std::size_t width) {
    const auto filled = std::isnan(done) ? 0 : static_cast<std::size_t>(done * static_cast<double>(width));
    return fmt::format("[{}{}]", std::string(filled, '#'), std::string(width - filled, '.'));
}

view_line progress_of(const shown_run& run, view_size size) {
    const double done = share_done(run);
    auto facts = fmt::format(" {}  {} of {}  {} left", percent_text(done), count_text(run.orders.ended()),
                             count_text(run.place.orders), time_text(seconds_left(run)));
    const auto times = fmt::format("  {} gone, floor {}", time_text(run.elapsed_s), time_text(run.place.floor_s));
    constexpr std::size_t brackets = 2, shortest = 8, longest = 60;
    if (size.columns >= label_width + brackets + 2 * shortest + facts.size() + times.size()) facts += times;
    const auto used = label_width + brackets + facts.size();
    const auto width = std::clamp(size.columns - std::min(size.columns, used), shortest, longest);
    return {label("Progress"), {bar_of(done, width), ink::good}, {facts}};
}

view_line orders_of(const shown_run& run) {
    const auto& o = run.orders;
    view_line out{label("Orders"), {count_text(o.stored) + " stored  "}};
    out.push_back({count_text(o.failed) + " failed  ", o.failed > 0 ? ink::alarm : ink::plain});
    if (!std::isnan(run.killed_at_s))
        out.push_back({fmt::format("killed at {}  ", time_text(run.killed_at_s)), ink::alarm});
    out.push_back({fmt::format("{} retries  {} throttled  {} repeated", count_text(o.retries),
                               count_text(o.throttled), count_text(o.repeated))});
    return out;
}

view_line failures_of(const shown_run& run) {
    auto failures = run.orders.failures;
    std::ranges::sort(failures, std::greater<>(), &shown_orders::failure::orders);
    view_line out{label("Errors")};
    if (failures.empty()) out.push_back({std::isnan(run.orders.failed) ? "-" : "none"});
    for (const auto& f : failures)
        out.push_back({fmt::format("{} {} {}  ", f.stage, f.kind, count_text(f.orders)), ink::alarm});
    return out;
}

bool has_stream(const shown_run& run) { return !std::isnan(run.stream_lag) || !std::isnan(run.stream_pending); }

view_line stream_of(const shown_run& run) {
    return {label("Stream"),
            {fmt::format("lag {}  pending {}, the oldest added {} ago", count_text(run.stream_lag),
                         count_text(run.stream_pending), time_text(run.oldest_pending_s))}};
}

block orders_block(const shown_run& run) {
    block out{orders_of(run), failures_of(run)};
    if (has_stream(run)) out.push_back(stream_of(run));
    return out;
}

std::string megabytes(double bytes) { return reporting::fixed(bytes / 1e6, 1); }

std::vector<std::string> usage_cells(const std::string& name, const shown_usage& u, double cores) {
    return {name, reporting::fixed(u.cpu_s, 2), reporting::fixed(cores, 2), megabytes(u.rss_bytes),
            megabytes(u.pss_bytes)};
}

block usage_of(const status_history& seen, const shown_run& run) {
    view_table out{.head = {"", "CPU (s)", "Cores now", "RSS (MB)", "PSS (MB)"}};
    const auto processes = !(run.processes > 1) ? "" : fmt::format(", {} processes", count_text(run.processes));
    out.rows.push_back(usage_cells("the run" + processes, run.usage, seen.cores_busy(0)));
    for (std::size_t i = 0; i < run.services.size(); ++i)
        out.rows.push_back(usage_cells(run.services[i].name, run.services[i], seen.cores_busy(i + 1)));
    return lines_of(out, out.rows.size() + 1);
}

view_table workers_of(const shown_run& run) {
    const auto present = std::ranges::count(run.workers, "present", &shown_worker::state);
    view_table out{.head = {fmt::format("Workers: {} of {} present", present, run.workers.size()), "Host", "State",
                            "In hand", "Ended", "CPU (s)"},
                   .texts = 3};
    for (const auto& w : run.workers) {
        out.rows.push_back(
            {w.instance, w.host, w.state, count_text(w.in_hand), count_text(w.ended), reporting::fixed(w.cpu_s, 2)});
        out.inks.push_back(w.state == "missing" ? ink::alarm : ink::plain);
    }
    return out;
}

// --- the session ---

std::string name_of_run(const shown_place& place) {
    std::string out = place.pattern;
    if (!place.scenario.empty() && place.scenario != "clean") out += ", " + place.scenario;
    if (place.warmup) out += ", warm-up";
    return out;
}

/// The last one first.
view_table ended_runs(const status_document& status) {
    view_table out{.head = {"Ended", "Run", "Time (s)", "Rate (/s)", "Failed", "Lost", "Verdict"},
                   .ends_with_text = true};
    for (auto e = status.ended.rbegin(); e != status.ended.rend(); ++e) {
        out.rows.push_back({name_of_run(e->place),
                            fmt::format("{}/{}", count_text(e->place.run), count_text(e->place.of)),
                            reporting::seconds(e->time_s), reporting::fixed(e->orders_per_s, 0),
                            count_text(e->failed), count_text(e->lost), e->verdict.empty() ? "-" : e->verdict});
        out.inks.push_back(e->failed > 0 || e->lost > 0 ? ink::alarm : ink::plain);
    }
    return out;
}

ink ink_of_phase(std::string_view phase) { return phase == "running" ? ink::good : ink::bold; }

view_line title_of(const status_document& status, std::size_t columns) {
    view_line out{{"pipebench " + status.command, ink::bold}};
    if (const auto& run = status.run) {
        out.push_back({fmt::format("  {}  ", place_text("run", run->place.run, run->place.of))});
        out.push_back({run->place.pattern, ink::bold});
        out.push_back(
            {fmt::format("  {}  {}", run->place.scenario.empty() ? "-" : run->place.scenario,
                         place_text(run->place.warmup ? "warm-up" : "round", run->place.round, run->place.rounds))});
    }
    return with_right_end(std::move(out), {status.phase, ink_of_phase(status.phase)}, columns);
}

view_line subject_line(const status_history& seen, const view_subject& of, std::size_t columns) {
    view_line out;
    if (!of.trouble.empty()) out = {{(seen.last() ? "no news: " : "") + of.trouble, ink::alarm}};
    else if (seen.last()) out = {{fmt::format("{}  since {}", of.where, seen.last()->started_at), ink::dim}};
    return with_right_end(std::move(out), {of.leaving, ink::dim}, columns);
}

// --- all of it ---

/// The rows of the terminal, shared out between the parts of a view.
struct shares {
    std::size_t chart = 1;  ///< of each chart
    std::size_t workers = 0, ended = 0;
    bool blank_lines = false;
};

struct wishes {
    std::size_t fixed = 0;  ///< of what is always shown, with one row for each chart
    std::size_t charts = 0;
    std::size_t workers = 0, ended = 0;  ///< of the tables, with their heads
    std::size_t gaps = 0;
};

shares share_out(const wishes& w, std::size_t rows) {
    shares out;
    std::size_t rest = rows - std::min(rows, w.fixed);
    const auto least = std::min(w.workers, least_of_a_table) + std::min(w.ended, least_of_a_table);
    out.blank_lines = rest >= w.gaps + least;
    if (out.blank_lines) rest -= w.gaps;
    out.ended = std::min(w.ended, std::max(rest / (w.workers > 0 ? 2 : 1), rest - std::min(rest, w.workers)));
    out.workers = std::min(w.workers, rest - out.ended);
    rest -= out.ended + out.workers;
    if (w.charts > 0) out.chart = std::min(tallest_chart, 1 + rest / w.charts);
    return out;
}

class page {
public:
    explicit page(view_size size) : size_(size) {}
    void add(block lines) { std::ranges::move(lines, std::back_inserter(lines_)); }
    void gap(const shares& s) {
        if (s.blank_lines) lines_.emplace_back();
    }
    [[nodiscard]] block done() && {
        lines_.resize(std::min(lines_.size(), size_.rows));
        for (auto& line : lines_) line = fitted(std::move(line), size_.columns);
        return std::move(lines_);
    }

private:
    view_size size_;
    block lines_;
};

std::size_t lines_wished(const view_table& t) { return t.rows.empty() ? 0 : t.rows.size() + 1; }

void add_run(page& out, const status_history& seen, const shown_run& run, view_size size, letters with) {
    const auto charts = charts_of(seen, run);
    const auto orders = orders_block(run), usage = usage_of(seen, run);
    const auto workers = workers_of(run), ended = ended_runs(*seen.last());
    const auto shares = share_out({.fixed = 3 + charts.size() + orders.size() + usage.size(),
                                   .charts = charts.size(),
                                   .workers = lines_wished(workers),
                                   .ended = lines_wished(ended),
                                   .gaps = 4u + (workers.rows.empty() ? 0 : 1) + (ended.rows.empty() ? 0 : 1)},
                                  size.rows);
    out.gap(shares);
    out.add({progress_of(run, size)});
    out.gap(shares);
    for (const auto& c : charts) out.add(drawn(c, seen, size, shares.chart, with));
    if (shares.chart < high_chart) out.gap(shares);
    out.add(orders);
    out.gap(shares);
    out.add(usage);
    if (shares.workers > 0) out.gap(shares);
    out.add(lines_of(workers, shares.workers));
    if (shares.ended > 0) out.gap(shares);
    out.add(lines_of(ended, shares.ended));
}

std::string how_many_ended(const status_document& status) {
    const auto n = status.ended.size();
    return fmt::format("{} {} ended", counted(n, "run", "runs"), n == 1 ? "has" : "have");
}

std::string in_ascii(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) out += c;
        else if (byte >= 0xC0) out += '?';
    }
    return out;
}

}  // namespace

std::vector<view_line> lay_out(const status_history& seen, const view_subject& of, view_size size, letters with) {
    page out(size);
    if (!seen.last()) {
        out.add({with_right_end({{"waiting for " + of.where, ink::bold}}, {of.leaving, ink::dim}, size.columns),
                 {{of.trouble, ink::alarm}}});
        return std::move(out).done();
    }
    out.add({title_of(*seen.last(), size.columns), subject_line(seen, of, size.columns)});
    if (seen.last()->run) add_run(out, seen, *seen.last()->run, size, with);
    else {
        out.add({{}, {{"no run goes at the moment"}}, {}});
        out.add(lines_of(ended_runs(*seen.last()), size.rows - std::min<std::size_t>(size.rows, 5)));
    }
    auto lines = std::move(out).done();
    if (with == letters::ascii)
        for (auto& line : lines)
            for (auto& p : line) p.text = in_ascii(p.text);
    return lines;
}

std::string line_of(const status_history& seen) {
    const auto& status = seen.last();
    if (!status) return "nothing has been seen yet";
    if (!status->run) return fmt::format("{}: {}, {}", status->command, status->phase, how_many_ended(*status));
    const auto& run = *status->run;
    const double rate = seen.moments().empty() ? unknown_number : seen.moments().back().rate;
    return fmt::format("{}, {}: {}, {}, {}, {} in flight, p99 {}, {} failed, {} left",
                       place_text("run", run.place.run, run.place.of), name_of_run(run.place), status->phase,
                       percent_text(share_done(run)), rate_text(rate), count_text(in_flight_of(run)),
                       milliseconds_text(latency_of(run).p99_ms), count_text(run.orders.failed),
                       time_text(seconds_left(run)));
}

std::string last_line_of(const status_history& seen) {
    const auto& status = seen.last();
    if (!status) return "over";
    if (status->run) return "over; last seen: " + line_of(seen);
    if (status->ended.empty()) return "over; no run was seen";
    const auto& last = status->ended.back();
    return fmt::format("over; {}; the last, {}: {} s, {}, {} failed, {} lost: {}", how_many_ended(*status),
                       name_of_run(last.place), reporting::seconds(last.time_s), rate_text(last.orders_per_s),
                       count_text(last.failed), count_text(last.lost), last.verdict.empty() ? "-" : last.verdict);
}

}  // namespace pipebench
