// The text has the lead and fan-out's limit in sentences, then one table per metric.
#include "report/sweep.hpp"

#include "analysis/ranking.hpp"
#include "contracts/error.hpp"
#include "report/numbers.hpp"
#include "report/page.hpp"
#include "report/sweep_charts.hpp"
#include "report/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

using words = std::vector<std::string>;

std::string headline(const sweep_outcome& s) {
    return fmt::format("sweep of {} over {}: {}, {} at each, {:.0f} s{}", s.option,
                       counted(s.points.size(), "point", "points"), counted(s.patterns.size(), "pattern", "patterns"),
                       counted(s.rounds, "round", "rounds"), s.session_s,
                       s.interrupted ? "; INTERRUPTED: a part of it was measured" : "");
}

words lines_of_leads(const sweep_outcome& s) {
    words out;
    if (s.patterns.size() > 1)
        for (const auto& m : swept_metrics()) out.push_back(describe_leads(s, m));
    return out;
}

/// The points at which the parameters set the time, so no pattern can win by much.
std::string at_their_floor(const sweep_outcome& s) {
    words out;
    for (const auto& pattern : s.patterns) {
        words where;
        for (const auto& point : s.points) {
            const auto runs = runs_of(point.result, pattern);
            const auto at_floor = [](const run_result* r) { return r->verdict.kind == verdict_kind::at_floor; };
            if (!runs.empty() && std::all_of(runs.begin(), runs.end(), at_floor)) where.push_back(point.label);
        }
        if (!where.empty()) out.push_back(fmt::format("{} ({})", pattern, fmt::join(where, ", ")));
    }
    if (out.empty()) return "";
    return fmt::format("at their floor, where the parameters set the time and not the pattern: {}",
                       fmt::join(out, ", "));
}

/// Explains the cells without a star.
words notes_of(const sweep_outcome& s) {
    words out;
    if (s.limit)
        if (const auto text = describe(*s.limit); !text.empty()) out.push_back(text);
    for (const auto& point : s.points) {
        for (const auto& l : point.left_out) out.push_back(fmt::format("left out at {}: {}", point.label, l.why));
        for (const auto& run : point.result.runs)
            if (!run.verdict.trusted())
                out.push_back(fmt::format("{}, {}, round {}: {}", point.label, run.pattern, run.round,
                                          printable(run.verdict.text)));
        for (const auto& warning : point.result.warnings)
            out.push_back(fmt::format("warning at {}: {}", point.label, printable(warning)));
    }
    if (const auto text = at_their_floor(s); !text.empty()) out.push_back(text);
    return out;
}

std::string cell_text(const sweep_cell& c) {
    switch (c.state) {
        case cell_state::best: return "*" + number(c.value);
        case cell_state::good: return number(c.value);
        case cell_state::not_trusted: return "!" + number(c.value);
        case cell_state::left_out: return "no: " + c.why.substr(0, c.why.find(" ("));
        case cell_state::missing: break;
    }
    return "-";
}

table table_of_metric(const sweep_outcome& s, const metric& m) {
    table out{{{metric_name(m), "", align::left}}, {}};
    for (const auto& pattern : s.patterns) out.rows.push_back({{pattern}});
    for (const auto& point : s.points) {
        out.columns.push_back({point.label, ""});
        const auto cells = cells_at(s, point, m);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out.rows[i].cells.push_back(cell_text(cells[i]));
            if (cells[i].state == cell_state::not_trusted) out.rows[i].mood = tone::alarm;
        }
    }
    return out;
}

std::string rules(const sweep_outcome& s) {
    const auto verdict =
        s.rounds >= fewest_rounds_for_a_verdict
            ? "Separated: an exact 95 % interval of the paired ratios to every other pattern says so"
            : fmt::format("No verdict: who leads does so by the median of {}; --repeat {} ranks time, CPU and memory",
                          counted(s.rounds, "round", "rounds"), fewest_rounds_for_a_verdict);
    return fmt::format(
        "* the best of its column, and whoever is within {:.0f} % of it; no mark where all are. ! INVALID: "
        "has no part in that. Each point is a session of its own, its patterns interleaved; the points "
        "follow each other, so that a box that changes meanwhile changes a whole column. {}.",
        100 * sweep_tie, verdict);
}

// JSON; nlohmann writes NaN and infinity as null.

using json = nlohmann::ordered_json;

json json_of(const sweep_point& p) {
    json out{{"value", p.value}, {"left_out", json::array()}, {"result", nullptr}};
    for (const auto& l : p.left_out)
        out["left_out"].push_back({{"pattern", l.pattern}, {"cause", l.cause}, {"why", l.why}});
    if (!p.result.runs.empty()) out["result"] = p.result;
    return out;
}

json json_of(const sweep_outcome& s, const metric& m) {
    json out{
        {"metric", m.id}, {"better", m.direction == better::lower ? "lower" : "higher"}, {"leads", json::array()}};
    for (const auto& l : leads(s, m))
        out["leads"].push_back({{"from", s.points[l.first].value},
                                {"to", s.points[l.last].value},
                                {"leaders", l.leaders},
                                {"contested", l.contested},
                                {"points", l.last - l.first + 1},
                                {"points_separated", l.verdicts}});
    return out;
}

json json_of(const limit_report& r) {
    json out{{"pattern", "fan-out"}, {"searched", r.searched}, {"summary", describe(r)}, {"good", r.good},
             {"bad", nullptr},       {"cause", r.cause},       {"narrow", r.narrow},     {"tries", json::array()}};
    if (r.bad) out["bad"] = *r.bad;
    for (const auto& t : r.tries)
        out["tries"].push_back(
            {{"orders", t.orders}, {"went_well", t.cause.empty()}, {"cause", t.cause}, {"measured", t.measured}});
    return out;
}

constexpr std::string_view name_of(cell_state s) {
    switch (s) {
        case cell_state::best: return "best";
        case cell_state::good: return "good";
        case cell_state::not_trusted: return "invalid";
        case cell_state::left_out: return "left out";
        case cell_state::missing: break;
    }
    return "missing";
}

}  // namespace

std::string render_text(const sweep_outcome& s, const look& how) {
    std::string out = wrapped(headline(s), 4, how.width);
    if (const auto lines = lines_of_leads(s); !lines.empty()) {
        out += "where the winner changes hands:\n";
        for (const auto& l : lines) out += "  " + wrapped(l, 4, how.width - 2);
    }
    for (const auto& n : notes_of(s)) out += "- " + wrapped(n, 4, how.width - 2);
    for (const auto& m : swept_metrics()) out += "\n" + to_text(table_of_metric(s, *find_metric(m.id)), how);
    return out + "\n" + wrapped(rules(s), 0, how.width);
}

std::string render_markdown(const sweep_outcome& s) {
    std::string out = fmt::format("**pipebench {}**\n\n", escape_markdown(headline(s)));
    for (const auto& l : lines_of_leads(s)) out += fmt::format("- {}\n", escape_markdown(l));
    for (const auto& n : notes_of(s)) out += fmt::format("- {}\n", escape_markdown(n));
    for (const auto& m : swept_metrics()) out += "\n" + to_markdown(table_of_metric(s, *find_metric(m.id)));
    return out + "\n" + escape_markdown(rules(s)) + "\n";
}

std::string render_html(const sweep_outcome& s) {
    page out("pipebench " + headline(s));
    out.list(lines_of_leads(s));
    out.add(charts_of(s));
    out.heading("Every value");
    for (const auto& m : swept_metrics()) {
        const metric& shown = *find_metric(m.id);
        out.add(table_of_metric(s, shown), metric_name(shown));
    }
    out.paragraph(rules(s));
    if (const auto notes = notes_of(s); !notes.empty()) {
        out.heading("Notes");
        out.list(notes);
    }
    return out.html();
}

std::string render_json(const sweep_outcome& s) {
    json out{{"schema", sweep_schema},       {"axis", s.option},
             {"command", s.command},         {"patterns", s.patterns},
             {"rounds", s.rounds},           {"session_s", s.session_s},
             {"interrupted", s.interrupted}, {"points", json::array()},
             {"winners", json::array()},     {"limit", nullptr}};
    for (const auto& p : s.points) out["points"].push_back(json_of(p));
    for (const auto& m : swept_metrics()) out["winners"].push_back(json_of(s, *find_metric(m.id)));
    if (s.limit) out["limit"] = json_of(*s.limit);
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string render_csv(const sweep_outcome& s) {
    std::string out = "axis,point,pattern,metric,unit,value,state\r\n";
    for (const auto& point : s.points)
        for (const auto& shown : swept_metrics()) {
            const metric& m = *find_metric(shown.id);
            const auto cells = cells_at(s, point, m);
            for (std::size_t i = 0; i < cells.size(); ++i)
                out += fmt::format("{},{},{},{},{},{},{}\r\n", s.option, point.value, s.patterns[i], m.id, m.unit,
                                   std::isfinite(cells[i].value) ? fmt::format("{}", cells[i].value) : "",
                                   name_of(cells[i].state));
        }
    return out;
}

}  // namespace pipebench::reporting
