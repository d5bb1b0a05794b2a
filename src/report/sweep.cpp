// The answer, a table for each metric, and notes on single cells.
#include "report/sweep.hpp"

#include "analysis/contender.hpp"
#include "contracts/error.hpp"
#include "report/answer.hpp"
#include "report/formats.hpp"
#include "report/numbers.hpp"
#include "report/page.hpp"
#include "report/sweep_charts.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace pipebench::reporting {
namespace {

constexpr std::size_t most_notes = 5;  ///< of a kind on a terminal, without details

std::string headline(const sweep_outcome& s) {
    return fmt::format("sweep of {} over {}, {}, {} at each, took {} s{}", s.option,
                       counted(s.points.size(), "point", "points"), counted(s.patterns.size(), "pattern", "patterns"),
                       counted(s.rounds, "round", "rounds"), fixed(s.session_s, 1),
                       s.interrupted ? "; INTERRUPTED: a part of it was measured" : "");
}

/// Who leads in each metric, also in those that the answer leaves out.
words lines_of_leads(const sweep_outcome& s) {
    words out;
    if (s.patterns.size() > 1)
        for (const auto& m : swept_metrics())
            out.push_back(fmt::format("{}: {}", m.name, describe_leads(s, *find_metric(m.id))));
    return out;
}

/// Explains the cells without a mark.
std::vector<fact> notes_of(const sweep_outcome& s) {
    fact left_out{"Left out", {}}, untrusted{"Not trusted", {}}, warnings{"Warnings", {}};
    for (const auto& point : s.points) {
        for (const auto& l : point.left_out) left_out.lines.push_back(fmt::format("at {}: {}", point.label, l.why));
        for (const auto& run : point.result.runs)
            if (!run.verdict.trusted())
                untrusted.lines.push_back(fmt::format("{}, {}, round {}: {}", point.label, run.pattern, run.round,
                                                      printable(run.verdict.text)));
        for (const auto& warning : point.result.warnings)
            warnings.lines.push_back(fmt::format("at {}: {}", point.label, printable(warning)));
    }
    std::vector<fact> out{std::move(left_out), std::move(untrusted), std::move(warnings)};
    std::erase_if(out, [](const fact& f) { return f.lines.empty(); });
    return out;
}

void shorten(fact& f) {
    if (f.lines.size() <= most_notes) return;
    const auto more = f.lines.size() - most_notes;
    f.lines.resize(most_notes);
    f.lines.push_back(fmt::format("... and {} more", more));
}

std::string cell_text(const sweep_cell& c) {
    switch (c.state) {
        case cell_state::best:
        case cell_state::good: return number(c.value);
        case cell_state::not_trusted: return "!" + number(c.value);
        case cell_state::left_out: return "no: " + c.why.substr(0, c.why.find(" ("));
        case cell_state::missing: break;
    }
    return "-";
}

/// The sign of the best is a part of its cell, or left to the format.
enum class marks : std::uint8_t { in_cells, beside };

table table_of_metric(const sweep_outcome& s, const metric& m, marks where) {
    table out{{{metric_name(m), "", align::left}}, {}};
    for (const auto& pattern : s.patterns) out.rows.push_back({.cells = {pattern}, .marked = {false}});
    for (const auto& point : s.points) {
        out.columns.push_back({point.label, ""});
        const auto cells = cells_at(s, point, m);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const bool is_best = cells[i].state == cell_state::best;
            out.rows[i].cells.push_back(cell_text(cells[i]) + (is_best && where == marks::in_cells ? "*" : ""));
            out.rows[i].marked.push_back(is_best && where == marks::beside);
            if (cells[i].state == cell_state::not_trusted) out.rows[i].mood = tone::alarm;
        }
    }
    return out;
}

template <class Condition>
bool any_run(const sweep_outcome& s, Condition is_so) {
    return std::any_of(s.points.begin(), s.points.end(), [&](const sweep_point& p) {
        return std::any_of(p.result.runs.begin(), p.result.runs.end(), is_so);
    });
}

/// What the signs in the tables mean.
std::string rules(const sweep_outcome& s) {
    auto out = fmt::format("* the best of its column, and whoever is within {:.0f} % of it; no mark where all are.",
                           100 * sweep_tie);
    const auto trusted = [](const run_result& run) { return run.verdict.trusted(); };
    if (any_run(s, [&](auto& run) { return trusted(run) && !can_be_best(run); }))
        out += " None for who did not store every order, keep up or meet the objective.";
    if (any_run(s, std::not_fn(trusted))) out += " ! not to be trusted.";
    return out;
}

constexpr const char* rule_of_points =
    "Each point is a session of its own, its patterns interleaved; the points follow each other, so that a box that "
    "changes meanwhile changes a whole column.";

/// Whether a terminal shows the table of this metric without being asked: errors, where there are some.
bool is_shown(const sweep_outcome& s, const swept_metric& m) {
    if (m.id != "error_percent") return !m.is_detail;
    return std::any_of(s.points.begin(), s.points.end(), [&](const sweep_point& point) {
        const auto cells = cells_at(s, point, *find_metric(m.id));
        return std::any_of(cells.begin(), cells.end(), [](const auto& c) { return c.value > 0; });
    });
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
    std::string out = wrapped("pipebench: " + headline(s), 4, how.width) + "\n";
    for (const auto& f : answer(s)) out += to_text(f, how);
    words hidden;
    for (const auto& m : swept_metrics()) {
        const metric& shown = *find_metric(m.id);
        if (how.details || is_shown(s, m)) out += "\n" + to_text(table_of_metric(s, shown, marks::beside), how);
        else hidden.emplace_back(m.name);
    }
    out += "\n" + wrapped(rules(s), 0, how.width);
    if (how.details) out += wrapped(rule_of_points, 0, how.width);
    auto notes = notes_of(s);
    if (!notes.empty()) out += "\n";
    for (auto& n : notes) {
        if (!how.details) shorten(n);
        out += to_text(n, how);
    }
    if (how.details) return out;
    return out + "\n" + wrapped(fmt::format("--details shows all notes, and {}.", listed(hidden)), 0, how.width);
}

std::string render_markdown(const sweep_outcome& s) {
    std::string out = fmt::format("**pipebench {}**\n\n", escape_markdown(headline(s)));
    for (const auto& f : answer(s)) out += to_markdown(f);
    if (const auto leads = lines_of_leads(s); !leads.empty()) out += to_markdown(fact{"Who leads", leads});
    for (const auto& m : swept_metrics())
        out += "\n" + to_markdown(table_of_metric(s, *find_metric(m.id), marks::in_cells));
    out += fmt::format("\n{} {}\n", escape_markdown(rules(s)), rule_of_points);
    const auto notes = notes_of(s);
    if (!notes.empty()) out += "\n";
    for (const auto& n : notes) out += to_markdown(n);
    return out;
}

std::string render_html(const sweep_outcome& s) {
    page out("pipebench " + headline(s));
    for (const auto& f : answer(s)) out.fact(f.label, f.lines);
    if (const auto leads = lines_of_leads(s); !leads.empty()) out.fact("Who leads", leads);
    out.add(charts_of(s));
    out.heading("Every value");
    for (const auto& m : swept_metrics()) {
        const metric& shown = *find_metric(m.id);
        out.add(table_of_metric(s, shown, marks::in_cells), metric_name(shown));
    }
    out.paragraph(rules(s));
    out.paragraph(rule_of_points);
    if (const auto notes = notes_of(s); !notes.empty()) {
        out.heading("Notes");
        for (const auto& n : notes) out.fact(n.label, n.lines);
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
