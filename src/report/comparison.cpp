// All three formats of a comparison have the same parts: the verdict, the changes, the warnings, and every row.
#include "report/comparison.hpp"

#include "contracts/error.hpp"
#include "report/colour.hpp"
#include "report/numbers.hpp"
#include "report/page.hpp"
#include "report/ratio_chart.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace pipebench::reporting {
namespace {

constexpr std::size_t value_limit = 120;  // bytes of one side of a difference
constexpr std::size_t most_pieces = 10;   // of a yardstick; ours has 5
constexpr std::size_t most_reasons = 3;   // why rows cannot be told, in one line
constexpr std::size_t most_notes = 60;    // of a kind; more would hide the rest, and the JSON has them all

std::string counts_of(const comparison& c) {
    const auto unknown = c.count(change::cannot_tell);
    if (unknown == c.rows.size())
        return fmt::format("nothing can be told: none of {} has a verdict",
                           counted(unknown, "comparison", "comparisons"));
    return fmt::format(
        "{}, {}, {} the same, {} cannot be told", counted(c.count(change::worse), "regression", "regressions"),
        counted(c.count(change::better), "improvement", "improvements"), c.count(change::same), unknown);
}

/// The verdict as a sentence.
std::string verdict_of(const comparison& c) {
    const auto n = c.untrusted.size();
    if (n == 0) return counts_of(c);
    return fmt::format("{}; {} not to be trusted", counts_of(c), counted(n, "pattern is", "patterns are"));
}

std::string p_of(const comparison_row& row) {
    return std::isfinite(row.estimate.ratio) || row.estimate.p < 1 ? fixed(row.estimate.p, 4) : "-";
}

// The box

std::string moved(const box_movement& box) {
    const double by = std::abs(box.factor - 1);
    if (by < 0.005) return "as fast";
    return fmt::format("{} % {}", fixed(100 * by, by < 0.1 ? 1 : 0), box.factor > 1 ? "slower" : "faster");
}

/// Between the runs of a session, over all sessions, in percent.
std::string unrest(const box_movement& box) {
    auto all = box.base_spread;
    all.insert(all.end(), box.head_spread.begin(), box.head_spread.end());
    return fixed(100 * median(all), 1);
}

/// Sessions of one side: how far the slowest is from the fastest; empty for one session.
std::string apart(std::string_view side, const std::vector<double>& moves) {
    if (moves.size() < 2) return {};
    const auto [least, most] = std::minmax_element(moves.begin(), moves.end());
    return fmt::format("; the sessions of {} {} % apart", side, fixed(100 * std::expm1(*most - *least), 1));
}

std::string box_line(const comparison& c) {
    if (!c.box || !c.box_cpu)
        return fmt::format("how far it moved is not known ({}): times and CPU are not judged", c.box_unknown);
    std::vector<std::string> pieces;
    for (const auto& p : c.box->pieces)
        if (pieces.size() < most_pieces)
            pieces.push_back(fmt::format("{} {}", printable(p.name, 40), factor(p.factor)));
    const auto by_time = moved(*c.box);
    return fmt::format(
        "{} in head {} in base by its yardstick, {} by CPU time ({}); between the runs of a session it "
        "moves by {} %{}{}",
        by_time, by_time == "as fast" ? "as" : "than", moved(*c.box_cpu), fmt::join(pieces, ", "), unrest(*c.box),
        apart("base", c.box->base), apart("head", c.box->head));
}

/// What so few sessions can show; empty with several on both sides.
std::string reach_of(const comparison& c) {
    const double visible = c.smallest_visible_change();
    if (std::min(c.base.size(), c.head.size()) > 1 || !std::isfinite(visible)) return {};
    return fmt::format(
        "one session a side shows changes of CPU per order from about {} % on, since it cannot show how "
        "much sessions of one program differ",
        fixed(100 * (visible - 1), 0));
}

/// "semaphore CPU/order: 45.20 -> 50.10 us, x 1.108; without the box x 1.075 (1.040 to 1.110), threshold 5 %"
std::string sentence(const comparison_row& row) {
    const auto& m = *row.what;
    std::string out =
        fmt::format("{} {}: {} -> {}", printable(row.pattern), m.title, number(row.base), number(row.head));
    if (!m.unit.empty()) out += fmt::format(" {}", m.unit);
    if (std::isfinite(row.measured_ratio())) out += ", x " + factor(row.measured_ratio());
    if (std::isfinite(row.estimate.ratio)) out += "; without the box x " + factor(row.estimate.ratio);
    if (row.estimate.range) out += fmt::format(" ({})", range_of(row.estimate));
    else if (row.estimate.p < 1) out += ", p " + fixed(row.estimate.p, 4);
    if (std::isfinite(row.relative_threshold))
        out += fmt::format(", threshold {} %", percent(row.relative_threshold));
    return row.why.empty() ? out : out + ", " + printable(row.why);
}

/// Regressions first.
std::vector<comparison_row> changes_in(const comparison& c) {
    std::vector<comparison_row> out;
    for (const auto wanted : {change::worse, change::better})
        for (const auto& row : c.rows)
            if (row.verdict == wanted) out.push_back(row);
    return out;
}

table table_of_rows(const std::vector<comparison_row>& rows) {
    using item = const comparison_row&;
    const auto is_worse = [](item r) { return r.verdict == change::worse; };
    return table_of<comparison_row>(
        rows,
        {{{"Pattern", "", align::left}, [=](item r) { return (is_worse(r) ? "! " : "") + printable(r.pattern); }},
         {{"Metric", "", align::left}, [](item r) { return metric_name(*r.what); }},
         {{"Base", ""}, [](item r) { return number(r.base); }},
         {{"Head", ""}, [](item r) { return number(r.head); }},
         {{"Ratio", ""}, [](item r) { return factor(r.measured_ratio()); }},
         {{"Without box", "", align::right, 4}, [](item r) { return factor(r.estimate.ratio); }},
         {{"Interval", "", align::right, 5}, [](item r) { return range_of(r.estimate); }},
         {{"p", "", align::right, 8}, p_of},
         {{"Threshold", "%", align::right, 7}, [](item r) { return percent(r.relative_threshold); }},
         {{"Verdict", "", align::left}, [](item r) { return std::string(name_of(r.verdict)); }},
         {{"Why", "", align::left, 6}, [](item r) { return printable(r.why); }}},
        [=](item r) { return is_worse(r) ? tone::alarm : tone::plain; });
}

/// "27 cannot be told (15: interval wider than 10 %; 5: the box was 6 % slower; ...)"
std::string untold(const comparison& c) {
    std::map<std::string, std::size_t> counts;
    for (const auto& row : c.rows)
        if (row.verdict == change::cannot_tell) ++counts[printable(row.why, 60)];
    std::vector<std::pair<std::string, std::size_t>> reasons(counts.begin(), counts.end());
    std::stable_sort(reasons.begin(), reasons.end(), [](auto& x, auto& y) { return x.second > y.second; });
    words named;
    for (const auto& [why, rows] : reasons)
        if (!why.empty() && named.size() < most_reasons) named.push_back(fmt::format("{}: {}", rows, why));
    if (named.size() < reasons.size()) named.emplace_back("...");
    return fmt::format("{} cannot be told ({})", c.count(change::cannot_tell), fmt::join(named, "; "));
}

enum class beside : std::uint8_t { nothing, others };

/// Stands for the rows that a terminal does not show without being asked, below those that it does, if any.
std::string other_rows(const comparison& c, beside shown) {
    words parts;
    if (const auto same = c.count(change::same); same > 0)
        parts.push_back((shown == beside::others ? counted(same, "other figure", "other figures")
                                                 : counted(same, "figure", "figures")) +
                        " did not change");
    if (c.count(change::cannot_tell) > 0) parts.push_back(untold(c));
    return parts.empty() ? "" : fmt::format("{}. --details shows them.", fmt::join(parts, ", "));
}

std::vector<ratio_row> ratios_of(const comparison& c) {
    std::vector<ratio_row> out;
    for (const auto& r : c.rows)
        out.push_back({fmt::format("{} {}", printable(r.pattern), r.what->title), r.estimate, r.verdict});
    return out;
}

struct note {
    std::string_view label;
    std::string text;
};

void add_notes(std::vector<note>& out, std::string_view label, words texts) {
    const auto shown = std::min(texts.size(), most_notes);
    for (std::size_t i = 0; i < shown; ++i) out.push_back({label, std::move(texts[i])});
    if (texts.size() > shown)
        out.push_back({label, fmt::format("... and {} more, in the JSON", texts.size() - shown)});
}

words described(const std::vector<difference>& all) {
    words out;
    for (const auto& d : all) out.push_back(describe(d, value_limit));
    return out;
}

/// Mismatches and warnings that qualify the rows.
std::vector<note> notes_of(const comparison& c) {
    std::vector<note> out;
    if (auto reach = reach_of(c); !reach.empty()) out.push_back({"reach", std::move(reach)});
    add_notes(out, "MISMATCH", described(c.mismatches));
    words warnings;
    for (const auto& w : c.warnings) warnings.push_back(printable(w));
    add_notes(out, "warning", warnings);
    if (!c.advice.empty()) out.push_back({"advice", c.advice});
    add_notes(out, "differs, and may", described(c.versions));
    return out;
}

/// How the verdicts were reached.
std::string rules_of(const comparison& c) {
    return fmt::format(
        "Times and CPU are freed from the movement of the box. Better and worse need all three: "
        "significance (Student's t over sessions; Mann-Whitney for counts and shares), a ratio beyond "
        "the threshold, and a difference beyond the metric's floor, with and without the box. Same: "
        "the interval lies within the threshold or the floor, or one of the three is missing. All rows "
        "together find a change between equal programs in at most {:.3g} % of comparisons; CPU per "
        "order has four times the share of another row. Needed: {} rounds on each side.",
        100 * c.alpha, fewest_samples_to_compare);
}

std::string side_of(std::string_view name, const std::vector<session_result>& sessions) {
    const auto& first = sessions.front();
    std::string out = fmt::format("{}: pipebench {}, {}", name, printable(first.build.version, 40),
                                  printable(first.started_at, 40));
    if (sessions.size() > 1)
        out += fmt::format(" to {} ({} sessions)", printable(sessions.back().started_at, 40), sessions.size());
    return out;
}

std::string sides_of(const comparison& c) { return side_of("base", c.base) + "; " + side_of("head", c.head); }

// JSON; nlohmann writes NaN and infinity as null.

using json = nlohmann::ordered_json;

json json_of(const std::vector<difference>& all) {
    auto out = json::array();
    for (const auto& d : all) out.push_back({{"field", d.field}, {"base", d.base}, {"head", d.head}});
    return out;
}

json json_of(const comparison_row& row) {
    const auto& e = row.estimate;
    const auto& m = *row.what;
    return {{"pattern", row.pattern},
            {"metric", m.id},
            {"title", m.title},
            {"unit", m.unit},
            {"better", m.direction == better::lower ? "lower" : "higher"},
            {"base", row.base},
            {"head", row.head},
            {"measured_ratio", row.measured_ratio()},
            {"ratio", e.ratio},
            {"interval", reporting::json_of(e.range)},
            {"p", e.p},
            {"base_samples", e.base_samples},
            {"head_samples", e.head_samples},
            {"alpha", row.alpha},
            {"relative_threshold", row.relative_threshold},
            {"absolute_floor", m.absolute_floor},
            {"verdict", name_of(row.verdict)},
            {"why", row.why}};
}

/// The sessions of one side, without the fields that only runs fill.
json json_of(const std::vector<session_result>& sessions) {
    auto out = json::array();
    for (const auto& s : sessions) {
        json one(s);
        for (const auto* key : {"schema", "warmup_runs", "runs", "assertions"}) one.erase(key);
        out.push_back(std::move(one));
    }
    return out;
}

json json_of(const std::optional<box_movement>& box) {
    if (!box) return nullptr;
    auto pieces = json::object();
    for (const auto& p : box->pieces) pieces[p.name] = p.factor;
    return {{"factor", box->factor},
            {"error", box->error},
            {"pieces", std::move(pieces)},
            {"base", box->base},
            {"head", box->head},
            {"base_spread", box->base_spread},
            {"head_spread", box->head_spread}};
}

}  // namespace

std::string render_text(const comparison& c, const look& how) {
    std::string out = painted("compare: " + verdict_of(c), c.regressed() ? ink::alarm : ink::plain, how.ink) + "\n";
    out += wrapped("The box: " + box_line(c), 4, how.width);
    for (const auto& row : changes_in(c))
        out += "  " + wrapped(fmt::format("{}: {}", name_of(row.verdict), sentence(row)), 6, how.width - 2);
    const auto notes = notes_of(c);
    if (!notes.empty()) out += "\n";
    for (const auto& n : notes) out += wrapped(fmt::format("{}: {}", n.label, n.text), 4, how.width);
    const auto changes = changes_in(c);
    const auto& shown = how.details ? c.rows : changes;
    if (!shown.empty()) out += "\n" + to_text(table_of_rows(shown), how);
    if (!how.details)
        if (const auto others = other_rows(c, shown.empty() ? beside::nothing : beside::others); !others.empty())
            out += (shown.empty() ? "\n" : "") + wrapped(others, 0, how.width);
    out += "\n";
    if (!shown.empty()) out += wrapped(rules_of(c), 0, how.width);
    return out + wrapped(sides_of(c), 4, how.width);
}

std::string render_markdown(const comparison& c) {
    std::string out =
        fmt::format("**pipebench compare: {}**\n\nThe box: {}.\n\n", verdict_of(c), escape_markdown(box_line(c)));
    const auto changes = changes_in(c);
    out += changes.empty() ? "No change was found.\n" : to_markdown(table_of_rows(changes));
    const auto notes = notes_of(c);
    if (!notes.empty()) out += "\n";
    for (const auto& n : notes) out += fmt::format("- **{}**: {}\n", n.label, escape_markdown(n.text));
    out += fmt::format("\n<details>\n<summary>All {}</summary>\n\n", counted(c.rows.size(), "row", "rows"));
    out += to_markdown(table_of_rows(c.rows));
    return out + fmt::format("\n{}\n\n{}\n\n</details>\n", rules_of(c), escape_markdown(sides_of(c)));
}

std::string render_html(const comparison& c) {
    page out("pipebench compare: " + verdict_of(c));
    out.paragraph(sides_of(c));
    out.paragraph("The box: " + box_line(c));
    for (const auto& row : changes_in(c)) {
        const auto line = fmt::format("{}: {}", name_of(row.verdict), sentence(row));
        if (row.verdict == change::worse) out.alarm(line);
        else out.paragraph(line);
    }
    for (const auto& n : notes_of(c)) out.paragraph(fmt::format("{}: {}", n.label, n.text));
    out.heading("Ratios");
    out.add({ratio_chart("Head / base without the movement of the box", ratios_of(c))});
    out.heading("Every row");
    out.add(table_of_rows(c.rows), "Base and head");
    out.paragraph(rules_of(c));
    return out.html();
}

std::string render_json(const comparison& c) {
    auto rows = json::array();
    for (const auto& row : c.rows) rows.push_back(json_of(row));
    const json out{{"schema", comparison_schema},
                   {"summary", verdict_of(c)},
                   {"regressed", c.regressed()},
                   {"worse", c.count(change::worse)},
                   {"better", c.count(change::better)},
                   {"same", c.count(change::same)},
                   {"cannot_tell", c.count(change::cannot_tell)},
                   {"alpha", c.alpha},
                   {"samples_needed", fewest_samples_to_compare},
                   {"box", json_of(c.box)},
                   {"box_cpu", json_of(c.box_cpu)},
                   {"box_unknown", c.box_unknown},
                   {"mismatches", json_of(c.mismatches)},
                   {"versions", json_of(c.versions)},
                   {"untrusted", c.untrusted},
                   {"warnings", c.warnings},
                   {"advice", c.advice},
                   {"rows", rows},
                   {"base", json_of(c.base)},
                   {"head", json_of(c.head)}};
    // Foreign text may be invalid UTF-8.
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench::reporting
