#include "report/trouble_tables.hpp"

#include "contracts/scenario.hpp"
#include "report/session_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

struct mean_and_peak {
    std::string mean{"-"}, peak{"-"};
};

/// Of the finite values; "-" where there is none.
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

}  // namespace

table pressure_table(const std::vector<pattern_summary>& patterns) {
    table t{{{"Pattern", "", align::left},
             {"In flight", "mean"},
             {"In flight", "peak"},
             {"Queued", "mean"},
             {"Queued", "peak"},
             {"Stream lag", "mean"},
             {"Stream lag", "peak"},
             {"Pending", "mean"},
             {"Pending", "peak"},
             {"Retries", ""},
             {"Refused", "by budget"},
             {"Throttled", "API"},
             {"Faults", "API"},
             {"Too early", "API"}},
            {}};
    for (const auto& p : patterns) {
        const auto& run = p.typical;
        row line = begin_row(run);
        for (const auto* column : {&run.series.in_flight, &run.series.queued, &run.series.lag, &run.series.pending}) {
            auto [mean, peak] = of(*column);
            line.cells.push_back(std::move(mean));
            line.cells.push_back(std::move(peak));
        }
        for (std::string cell : {grouped(run.retries), grouped(run.refused_retries), api_cell(run, run.api.throttled),
                                 api_cell(run, run.api.faults), api_cell(run, run.api.early)})
            line.cells.push_back(std::move(cell));
        t.rows.push_back(std::move(line));
    }
    return t;
}

table recovery_table(const std::vector<pattern_summary>& patterns) {
    table t{{{"Pattern", "", align::left},
             {"Killed", "", align::left},
             {"At", "s"},
             {"Runs", ""},
             {"Lost", ""},
             {"Redelivered", ""},
             {"Dead letters", ""},
             {"Calls again", "API"},
             {"Resumed after", "s"},
             {"Drained after", "s"}},
            {}};
    for (const auto& p : patterns) {
        const auto& run = p.typical;
        if (run.recovery.killed.empty()) continue;
        row line = begin_row(run);
        for (std::string cell :
             {run.recovery.killed, seconds(run.recovery.at_s), grouped(run.recovery.runs), grouped(run.ledger.lost),
              grouped(run.ledger.redelivered), grouped(run.dead_lettered), fixed(run.recovery.api_calls_again, 0),
              seconds(run.recovery.resumed_s), seconds(run.recovery.drained_s)})
            line.cells.push_back(std::move(cell));
        t.rows.push_back(std::move(line));
    }
    return t;
}

table readiness_table(const std::vector<readiness>& all) {
    table t{{{"Pattern", "", align::left}, {"Production ready?", "", align::left}, {"Why", "", align::left}}, {}};
    for (const auto& r : all)
        t.rows.push_back({{r.pattern, r.verdict, fmt::format("{}", fmt::join(r.reasons, "; "))},
                          r.reasons.empty() ? tone::plain : tone::alarm});
    return t;
}

std::vector<std::string> readiness_lines(const session_result& r) {
    std::vector<std::string> out{fmt::format("Rules, worst first: {}.", fmt::join(readiness_rules, "; "))};
    if (const auto unknown = not_tried(r); !unknown.empty())
        out.push_back(fmt::format("Not known: {}.", fmt::join(unknown, "; ")));
    return out;
}

bool asks_for_readiness(const session_result& r) {
    const auto troubled = [](const run_result& run) { return run.scenario != calm; };
    return !r.chaos.empty() || r.target_time_s > 0 || r.memory_budget_bytes > 0 ||
           std::any_of(r.runs.begin(), r.runs.end(), troubled);
}

}  // namespace pipebench::reporting
