#include "report/load_search.hpp"

#include "analysis/size_search.hpp"
#include "contracts/error.hpp"
#include "report/numbers.hpp"
#include "report/page.hpp"
#include "report/sweep_charts.hpp"
#include "report/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipebench::reporting {
namespace {

using words = std::vector<std::string>;
using search = const pattern_search&;
using columns = std::vector<column_of<pattern_search>>;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Whether sizes were searched, and not rates.
bool is_plan(const load_search_outcome& s) { return !s.rate.empty(); }

std::string headline(const load_search_outcome& s) {
    const auto found = is_plan(s) ? describe_cheapest(s) : fmt::format("the highest rate within {}", s.objectives);
    return fmt::format("{}{}", found, s.interrupted ? "; INTERRUPTED: a part of it was measured" : "");
}

std::size_t runs_of(const load_search_outcome& s) {
    std::size_t out = 0;
    for (const auto& p : s.patterns) out += p.points.size();
    return out;
}

/// A sentence per pattern; of a plan, only where the table does not say it all.
words answers(const load_search_outcome& s) {
    words out;
    for (const auto& p : s.patterns) {
        if (!is_plan(s)) out.push_back(fmt::format("at {}: {}", s.objectives, printable(describe_rates(p))));
        else if (auto text = describe_size(p); !text.empty()) out.push_back(printable(text));
    }
    return out;
}

std::string value_text(const load_search_outcome& s, double value) {
    return is_plan(s) ? fmt::format("a size of {:.0f}", value) : format_rate(value) + "/s";
}

/// Points that did not tell what they were for, and the warnings.
words notes_of(const load_search_outcome& s) {
    words out;
    const auto add = [&](std::string text) {
        if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
    };
    for (const auto& p : s.patterns)
        for (const auto& point : p.points) {
            if (point.judged.verdict == objective_verdict::cannot_tell)
                add(fmt::format("{} at {}: cannot tell, and so taken for not met ({})", p.pattern,
                                value_text(s, point.value), printable(point.judged.why)));
            for (const auto& warning : point.result.warnings) add("warning: " + printable(warning));
        }
    return out;
}

/// Of the run that confirmed the answer; "-" without one.
template <class Show>
auto of_answer(Show show) {
    return [=](search p) -> std::string { return p.answer() != nullptr ? show(p.answer()->run()) : "-"; };
}

double utilisation_of(const run_result& r) { return r.load ? r.load->forecast.utilisation : unknown; }

std::optional<double> value_met(search p) { return p.answer() != nullptr ? p.answer()->value : p.found.met; }

std::string rate_cell(const std::optional<double>& per_second) { return per_second ? format_rate(*per_second) : "-"; }

columns rate_columns() {
    return {{{"Pattern", "", align::left}, [](search p) { return p.pattern; }},
            {{"In flight", ""},
             [](search p) { return p.in_flight_limit == 0 ? "unbounded" : grouped(p.in_flight_limit); }},
            {{"Highest met", "/s"}, [](search p) { return rate_cell(value_met(p)); }},
            {{"Lowest not met", "/s"}, [](search p) { return rate_cell(p.found.not_met); }},
            {{"Points", ""}, [](search p) { return grouped(p.points.size()); }},
            {{"p99", "ms"}, of_answer([](auto& r) { return fixed(r.latency.p99_ms, 1); })},
            {{"Util.", "%"}, of_answer([](auto& r) { return fixed(100 * utilisation_of(r), 1); })},
            {{"CPU/order", "us"}, of_answer([](auto& r) { return fixed(r.cpu_per_order_us, 0); })},
            {{"PSS", "MB"}, of_answer([](auto& r) { return megabytes(r.memory.peak_pss_bytes); })}};
}

columns plan_columns() {
    return {{{"Pattern", "", align::left}, [](search p) { return p.pattern; }},
            {{"Smallest", "", align::left}, [](search p) { return p.what.empty() ? "-" : p.what; }},
            {{"Expected", "at most"}, [](search p) { return p.expected ? grouped(*p.expected) : "-"; }},
            {{"Not met", ""}, [](search p) { return p.found.not_met ? fixed(*p.found.not_met, 0) : "-"; }},
            {{"Runs", ""}, [](search p) { return grouped(p.points.size()); }},
            {{"p99", "ms"}, of_answer([](auto& r) { return fixed(r.latency.p99_ms, 1); })},
            {{"Util.", "%"}, of_answer([](auto& r) { return fixed(100 * utilisation_of(r), 1); })},
            {{"CPU", "cores"}, of_answer([](auto& r) { return fixed(cores_used(r), 3); })},
            {{"PSS", "MB"}, of_answer([](auto& r) { return megabytes(r.memory.peak_pss_bytes); })}};
}

table table_of_answers(const load_search_outcome& s) {
    return table_of(s.patterns, is_plan(s) ? plan_columns() : rate_columns(),
                    [](search p) { return p.answer() != nullptr ? tone::plain : tone::alarm; });
}

std::string rules(const load_search_outcome& s) {
    return fmt::format(
        "{} Each point is a run in a session of its own, {} in all in {:.0f} s. It counts as not met if an "
        "objective was not met, or could not be told in twice the time, or the run was saturated. The "
        "figures are those of the run that confirmed the answer, {:g} times as long.",
        is_plan(s) ? "The first line names the pattern with the smallest product of memory and CPU. Expected "
                     "is an upper bound (Erlang C)."
                   : "Each answer lies between the two rates.",
        runs_of(s), s.session_s, full_length);
}

// JSON; nlohmann writes NaN as null.

using json = nlohmann::ordered_json;

json json_of(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

std::string_view name_of(point_purpose p) {
    switch (p) {
        case point_purpose::search: return "search";
        case point_purpose::confirm: return "confirm";
        case point_purpose::contrast: break;
    }
    return "contrast";
}

json json_of(const load_point& p) {
    const auto& verdict = p.judged.verdict;
    return {{"value", p.value},
            {"length_s", p.length_s},
            {"purpose", name_of(p.purpose)},
            {"verdict", verdict ? json(pipebench::name_of(*verdict)) : json(nullptr)},
            {"why", p.judged.why},
            {"result", p.result}};
}

json json_of(search p) {
    json out{{"pattern", p.pattern},
             {"in_flight_limit", p.in_flight_limit},
             {"met", json_of(value_met(p))},
             {"not_met", json_of(p.found.not_met)},
             {"confirmed", p.answer() != nullptr},
             {"narrow", p.found.narrow},
             {"contradicted", p.found.contradicted},
             {"not_known", p.not_known},
             {"what", p.what},
             {"expected", p.expected ? json(*p.expected) : json(nullptr)},
             {"points", json::array()}};
    for (const auto& point : p.points) out["points"].push_back(json_of(point));
    return out;
}

std::string csv_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

double pss_mb_of(const run_result& r) {
    return r.memory.peak_pss_bytes ? static_cast<double>(*r.memory.peak_pss_bytes) / 1e6 : unknown;
}

std::string csv_line(const load_search_outcome& s, search p) {
    const auto figure = [&](auto of) { return p.answer() != nullptr ? csv_number(of(p.answer()->run())) : ""; };
    const auto side = [](const std::optional<double>& v) { return csv_number(v.value_or(unknown)); };
    const auto cpu = is_plan(s) ? figure(cores_used) : figure([](auto& r) { return r.cpu_per_order_us; });
    return fmt::format("{},{},{},{},{},{},{},{},{}\r\n", p.pattern, side(value_met(p)), side(p.found.not_met),
                       p.answer() != nullptr, p.points.size(), figure([](auto& r) { return r.latency.p99_ms; }),
                       figure(utilisation_of), cpu, figure(pss_mb_of));
}

}  // namespace

std::string render_text(const load_search_outcome& s, const look& how) {
    std::string out = wrapped(headline(s), 4, how.width);
    for (const auto& line : answers(s)) out += "  " + wrapped(line, 4, how.width - 2);
    for (const auto& note : notes_of(s)) out += "- " + wrapped(note, 4, how.width - 2);
    return out + "\n" + to_text(table_of_answers(s), how) + "\n" + wrapped(rules(s), 0, how.width);
}

std::string render_markdown(const load_search_outcome& s) {
    std::string out = fmt::format("**pipebench {}**\n\n", escape_markdown(headline(s)));
    for (const auto& line : answers(s)) out += fmt::format("- {}\n", escape_markdown(line));
    for (const auto& note : notes_of(s)) out += fmt::format("- {}\n", escape_markdown(note));
    return out + "\n" + to_markdown(table_of_answers(s)) + "\n" + escape_markdown(rules(s)) + "\n";
}

std::string render_html(const load_search_outcome& s) {
    page out("pipebench " + headline(s));
    out.list(answers(s));
    out.add(table_of_answers(s), "One row for each pattern");
    out.add(charts_of(s));
    out.paragraph(rules(s));
    out.list(notes_of(s));
    return out.html();
}

std::string render_json(const load_search_outcome& s) {
    json out{{"schema", is_plan(s) ? plan_schema : rates_schema},
             {"command", s.command},
             {"slo", s.objectives},
             {"session_s", s.session_s},
             {"interrupted", s.interrupted},
             {"patterns", json::array()}};
    if (is_plan(s)) {
        out["load"] = s.rate;
        out["answer"] = describe_cheapest(s);
    }
    for (const auto& p : s.patterns) out["patterns"].push_back(json_of(p));
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string render_csv(const load_search_outcome& s) {
    std::string out = fmt::format("pattern,{},confirmed,points,p99_ms,utilisation,{},pss_mb\r\n",
                                  is_plan(s) ? "size_met,size_not_met" : "met_per_s,not_met_per_s",
                                  is_plan(s) ? "cpu_cores" : "cpu_per_order_us");
    for (const auto& p : s.patterns) out += csv_line(s, p);
    return out;
}

}  // namespace pipebench::reporting
