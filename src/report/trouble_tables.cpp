#include "report/trouble_tables.hpp"

#include "report/numbers.hpp"
#include "report/pattern_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

using summary = const pattern_summary&;

/// Of the finite values of a series; "-" without any.
struct mean_and_peak {
    std::string mean{"-"}, peak{"-"};
};

mean_and_peak of(const std::vector<double>& values) {
    double sum = 0, peak = 0;
    std::size_t n = 0;
    for (const double x : values) {
        if (!std::isfinite(x)) continue;
        sum += x;
        peak = std::max(peak, x);
        ++n;
    }
    if (n == 0) return {};
    return {fixed(sum / static_cast<double>(n), 1), fixed(peak, 0)};
}

struct series_column {
    const char* title;
    std::vector<double> series_view::*values;
};

}  // namespace

table pressure_table(const std::vector<pattern_summary>& patterns) {
    pattern_columns columns;
    for (const auto& [title, values] :
         {series_column{"In flight", &series_view::in_flight}, series_column{"Queued", &series_view::queued},
          series_column{"Stream lag", &series_view::lag}, series_column{"Pending", &series_view::pending}}) {
        const auto column = values;
        columns.push_back({{title, "mean"}, [=](summary p) { return of(p.typical.series.*column).mean; }});
        columns.push_back({{title, "peak"}, [=](summary p) { return of(p.typical.series.*column).peak; }});
    }
    const pattern_columns counts{
        {{"Retries", ""}, [](summary p) { return grouped(p.typical.retries); }},
        {{"Refused", "by budget"}, [](summary p) { return grouped(p.typical.refused_retries); }},
        {{"Throttled", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.throttled); }},
        {{"Faults", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.faults); }},
        {{"Too early", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.early); }}};
    columns.insert(columns.end(), counts.begin(), counts.end());
    return pattern_table(patterns, std::move(columns));
}

table recovery_table(std::vector<pattern_summary> patterns) {
    std::erase_if(patterns, [](summary p) { return p.typical.recovery.killed == kill_target::none; });
    return pattern_table(
        patterns,
        {{{"Killed", "", align::left}, [](summary p) { return std::string(name_of(p.typical.recovery.killed)); }},
         {{"At", "s"}, [](summary p) { return seconds(p.typical.recovery.at_s); }},
         {{"Runs", ""}, [](summary p) { return grouped(p.typical.recovery.runs); }},
         {{"Lost", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.lost); }},
         {{"Redelivered", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.redelivered); }},
         {{"Dead letters", ""}, [](summary p) { return grouped(p.typical.dead_lettered); }},
         {{"Calls again", "API"}, [](summary p) { return fixed(p.typical.recovery.api_calls_again, 0); }},
         {{"Resumed after", "s"}, [](summary p) { return seconds(p.typical.recovery.resumed_s); }},
         {{"Drained after", "s"}, [](summary p) { return seconds(p.typical.recovery.drained_s); }}});
}

table readiness_table(const std::vector<readiness>& all) {
    const auto reasons = [](const readiness& r) {
        std::vector<std::string_view> out;
        for (const auto& e : r.against) out.push_back(e.text);
        return fmt::format("{}", fmt::join(out, "; "));
    };
    return table_of<readiness>(
        all,
        {{{"Pattern", "", align::left}, [](const readiness& r) { return r.pattern; }},
         {{"Production ready?", "", align::left}, [](const readiness& r) { return describe(r); }},
         {{"Why", "", align::left}, reasons}},
        [](const readiness& r) { return r.against.empty() ? tone::plain : tone::alarm; });
}

std::vector<std::string> readiness_lines(const session_result& r, bool with_rules) {
    std::vector<std::string> rules, out;
    for (const auto& [name, meaning] : readiness_rules) rules.push_back(fmt::format("{}: {}", name, meaning));
    if (with_rules) out.push_back(fmt::format("Rules, worst first: {}.", fmt::join(rules, "; ")));
    if (const auto unknown = not_tried(r); !unknown.empty())
        out.push_back(fmt::format("Not known: {}.", fmt::join(unknown, "; ")));
    return out;
}

}  // namespace pipebench::reporting
