// Every format of a gate has the verdict, each regression in a sentence, then every row.
#include "report/gate.hpp"

#include "contracts/error.hpp"
#include "report/colour.hpp"
#include "report/numbers.hpp"
#include "report/page.hpp"
#include "report/ratio_chart.hpp"
#include "report/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

std::size_t patterns_of(const gate_outcome& g) { return patterns_in(g.series.base).size(); }

bool is_bad(const gate_outcome& g) { return !g.complete || !g.verdict.passed() || !g.unbalanced.empty(); }

std::string verdict_of(const gate_outcome& g) {
    if (g.signal != 0) return "INTERRUPTED: there is no verdict";
    if (!g.complete) return "UNFINISHED: there is no verdict";
    if (!g.unbalanced.empty())
        return fmt::format("INVALID: the ledger of {} did not balance", counted(g.unbalanced.size(), "run", "runs"));
    const auto bad = g.verdict.regressions();
    const auto what = fmt::format("{} over {} rounds, {:.0f} s", counted(patterns_of(g), "pattern", "patterns"),
                                  g.rounds, g.session_s);
    const auto open = g.verdict.unresolved();
    if (bad.empty() && open.empty()) return fmt::format("passed: nothing got worse ({})", what);
    if (bad.empty())
        return fmt::format("NO VERDICT: {} cannot be told ({})", counted(open.size(), "comparison", "comparisons"),
                           what);
    return fmt::format("FAILED: {} ({})", counted(bad.size(), "regression", "regressions"), what);
}

std::string ratio_of(const gate_row& r) {
    return fmt::format("x {}{}", factor(r.estimate.ratio),
                       r.estimate.range ? fmt::format(" ({})", range_of(r.estimate)) : "");
}

/// "semaphore CPU/order: 18.50 -> 20.40 us, x 1.103 (1.080 to 1.120), threshold 5 %; confirmed: x 1.110 (...)"
std::string sentence(const gate_row& first, const gate_row* second) {
    std::string out = fmt::format("{} {}: {} -> {}", printable(first.pattern), first.what->title, number(first.base),
                                  number(first.head));
    if (!first.what->unit.empty()) out += fmt::format(" {}", first.what->unit);
    out += fmt::format(", {}, threshold {} %", ratio_of(first), percent(first.relative_threshold));
    if (second == nullptr) return out;
    return out + fmt::format("; {}: {}", second->verdict == change::worse ? "confirmed" : "not confirmed",
                             ratio_of(*second));
}

std::vector<std::string> sentences(const gate_outcome& g) {
    std::vector<std::string> out;
    for (const auto& row : g.verdict.rows) {
        const auto* second = g.verdict.second_of(row);
        if (g.verdict.is_regression(row)) out.push_back("REGRESSION: " + sentence(row, second));
        else if (row.suspicious) out.push_back("suspected: " + sentence(row, second));
        else if (row.verdict == change::better) out.push_back("better: " + sentence(row, nullptr));
    }
    for (const auto& row : g.verdict.unresolved())
        out.push_back(fmt::format("cannot tell: {} {}: {}", printable(row.pattern), row.what->title, row.why));
    return out;
}

/// The result of the second series for a suspect; for any other row, the rule that decided.
std::string why_cell(const gate_row& r, const gate_verdict& v) {
    const auto* second = v.second_of(r);
    if (!r.suspicious || second == nullptr) return printable(r.why);
    return fmt::format("{}: x {}", v.is_regression(r) ? "confirmed" : "not confirmed",
                       factor(second->estimate.ratio));
}

table table_of_rows(const gate_verdict& v) {
    using item = const gate_row&;
    const auto is_worse = [&v](item r) { return v.is_regression(r); };
    return table_of<gate_row>(
        v.rows,
        {{{"Pattern", "", align::left}, [=](item r) { return (is_worse(r) ? "! " : "") + printable(r.pattern); }},
         {{"Metric", "", align::left}, [](item r) { return metric_name(*r.what); }},
         {{"Base", ""}, [](item r) { return number(r.base); }},
         {{"Head", ""}, [](item r) { return number(r.head); }},
         {{"Ratio", ""}, [](item r) { return factor(r.estimate.ratio); }},
         {{"Interval", "", align::right, 3}, [](item r) { return range_of(r.estimate); }},
         {{"A/A", "", align::right, 4}, [](item r) { return range_of(r.noise); }},
         {{"Threshold", "%", align::right, 5}, [](item r) { return percent(r.relative_threshold); }},
         {{"Verdict", "", align::left}, [](item r) { return std::string(name_of(r.verdict)); }},
         {{"Why", "", align::left, 6}, [&v](item r) { return why_cell(r, v); }}},
        [=](item r) { return is_worse(r) ? tone::alarm : tone::plain; });
}

std::vector<ratio_row> ratios_of(const gate_verdict& v) {
    std::vector<ratio_row> out;
    for (const auto& r : v.rows)
        out.push_back({fmt::format("{} {}", printable(r.pattern), r.what->title), r.estimate, r.verdict});
    return out;
}

chart noise_chart(const gate_verdict& v) {
    std::vector<ratio_row> rows;
    for (const auto& r : v.rows)
        rows.push_back({fmt::format("{} {}", printable(r.pattern), r.what->title), r.noise, change::same});
    auto out = ratio_chart("A/A: base against itself", rows);
    out.x.title = "base again / base";
    for (auto& s : out.series) {
        s.label = "A/A";
        for (auto& p : s.points) p.note.clear();
    }
    return out;
}

std::string rules() {
    return fmt::format(
        "Ratio: median over the rounds of head / base, base being the mean of its two runs of the round. "
        "A/A: interval of base against itself. Worse needs a {:.0f} % sign-test interval without 1, a "
        "ratio beyond the threshold and beyond A/A, a difference beyond the metric's floor, and all of it "
        "once more in a second series for the suspects alone.",
        100 * (1 - gate_alpha));
}

std::string sides_of(const gate_outcome& g) {
    return fmt::format("base: pipebench {}, {}; head: pipebench {}, {}", printable(g.base_version, 40),
                       printable(g.base_binary, 200), printable(g.head_version, 40), printable(g.head_binary, 200));
}

std::vector<std::string> notes_of(const gate_outcome& g) {
    std::vector<std::string> out;
    for (const auto& u : g.unbalanced) out.push_back("LEDGER: " + printable(u));
    for (const auto& w : g.warnings) out.push_back("warning: " + printable(w));
    return out;
}

// JSON; nlohmann writes NaN and infinity as null.

using json = nlohmann::ordered_json;

json json_of(const gate_row& r) {
    return {{"pattern", r.pattern},
            {"metric", r.what->id},
            {"unit", r.what->unit},
            {"better", r.what->direction == better::lower ? "lower" : "higher"},
            {"base", r.base},
            {"head", r.head},
            {"ratio", r.estimate.ratio},
            {"interval", reporting::json_of(r.estimate.range)},
            {"p", r.estimate.p},
            {"rounds", r.estimate.base_samples},
            {"aa_ratio", r.noise.ratio},
            {"aa_interval", reporting::json_of(r.noise.range)},
            {"suspicious", r.suspicious},
            {"relative_threshold", r.relative_threshold},
            {"absolute_floor", r.what->absolute_floor},
            {"verdict", name_of(r.verdict)},
            {"why", r.why}};
}

json json_of(const std::vector<gate_row>& rows) {
    auto out = json::array();
    for (const auto& r : rows) out.push_back(json_of(r));
    return out;
}

json json_of(const gate_series& s) { return {{"base", s.base}, {"again", s.again}, {"head", s.head}}; }

}  // namespace

std::string render_text(const gate_outcome& g, const look& how) {
    std::string out = painted("gate: " + verdict_of(g), is_bad(g) ? ink::alarm : ink::plain, how.ink) + "\n";
    for (const auto& s : sentences(g)) out += wrapped("  " + s, 4, how.width);
    for (const auto& n : notes_of(g)) out += wrapped("  " + n, 4, how.width);
    if (!g.verdict.rows.empty())
        out += "\n" + to_text(table_of_rows(g.verdict), how) + "\n" + wrapped(rules(), 0, how.width);
    return out + wrapped(sides_of(g), 4, how.width);
}

std::string render_markdown(const gate_outcome& g) {
    std::string out = fmt::format("**pipebench gate: {}**\n\n", escape_markdown(verdict_of(g)));
    for (const auto& s : sentences(g)) out += fmt::format("- {}\n", escape_markdown(s));
    for (const auto& n : notes_of(g)) out += fmt::format("- {}\n", escape_markdown(n));
    if (!g.verdict.rows.empty())
        out += fmt::format("\n<details>\n<summary>All {}</summary>\n\n{}\n{}\n\n</details>\n",
                           counted(g.verdict.rows.size(), "row", "rows"), to_markdown(table_of_rows(g.verdict)),
                           rules());
    return out + "\n" + escape_markdown(sides_of(g)) + "\n";
}

std::string render_html(const gate_outcome& g) {
    page out("pipebench gate: " + verdict_of(g));
    if (is_bad(g)) out.alarm(verdict_of(g));
    out.paragraph(sides_of(g));
    for (const auto& s : sentences(g)) out.paragraph(s);
    for (const auto& n : notes_of(g)) out.paragraph(n);
    if (g.verdict.rows.empty()) return out.html();
    out.heading("Ratios");
    out.add({ratio_chart("Head / base, first series", ratios_of(g.verdict)), noise_chart(g.verdict)});
    out.heading("Every row");
    out.add(table_of_rows(g.verdict), "First series");
    out.paragraph(rules());
    return out.html();
}

std::string render_json(const gate_outcome& g) {
    json out{{"schema", gate_schema},
             {"summary", verdict_of(g)},
             {"complete", g.complete},
             {"passed", !is_bad(g)},
             {"command", g.command},
             {"rounds", g.rounds},
             {"session_s", g.session_s},
             {"base", {{"binary", g.base_binary}, {"version", g.base_version}}},
             {"head", {{"binary", g.head_binary}, {"version", g.head_version}}},
             {"warnings", g.warnings},
             {"unbalanced", g.unbalanced},
             {"rows", json_of(g.verdict.rows)},
             {"confirmation", json_of(g.verdict.confirmation)},
             {"series", json_of(g.series)},
             {"confirmation_series", json_of(g.confirmation)}};
    if (g.signal != 0) out["interrupted"] = true;
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench::reporting
