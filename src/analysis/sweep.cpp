#include "analysis/sweep.hpp"

#include "analysis/contender.hpp"
#include "analysis/ranking.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace pipebench {
namespace {

constexpr std::array shown{swept_metric{"time_s", "time"},
                           swept_metric{"throughput", "throughput", true},
                           swept_metric{"cpu_per_order_us", "CPU per order"},
                           swept_metric{"p50_ms", "p50", true},
                           swept_metric{"p99_ms", "p99"},
                           swept_metric{"pss_mb", "memory"},
                           swept_metric{"error_percent", "errors", true}};

/// Does not mark the best, which depends on the other cells of the column.
sweep_cell cell_of(const sweep_point& point, const std::string& pattern, const metric& m) {
    sweep_cell out;
    for (const auto& l : point.left_out)
        if (l.pattern == pattern) return {cell_state::left_out, out.value, l.cause, false};
    out.value = value_of(point.result, pattern, m);
    if (std::isnan(out.value)) return out;
    out.state = cell_state::good;
    out.competes = true;
    for (const auto* run : runs_of(point.result, pattern)) {
        if (run->interrupted) continue;
        out.competes = out.competes && can_be_best(*run);
        if (run->verdict.trusted()) continue;
        out.state = cell_state::not_trusted;
        out.why = run->verdict.text;
    }
    return out;
}

bool is_level(double value, double best, better direction) {
    return direction == better::lower ? value <= best * (1 + sweep_tie) : value >= best * (1 - sweep_tie);
}

/// rank() separates the pattern from all others on this metric at this point.
bool has_verdict(const sweep_point& point, const metric& m, const std::string& pattern) {
    for (const auto& r : rank(point.result))
        if (r.what == &m) return r.has_winner() && r.order.front().pattern == pattern;
    return false;
}

lead lead_at(const sweep_outcome& s, std::size_t at, const metric& m) {
    lead out{at, at, {}, true, 0};
    const auto cells = cells_at(s, s.points[at], m);
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (cells[i].state == cell_state::best) out.leaders.push_back(s.patterns[i]);
    out.contested = std::count_if(cells.begin(), cells.end(), [](const auto& c) { return c.competes; }) > 1;
    if (out.leaders.size() == 1 && has_verdict(s.points[at], m, out.leaders.front())) out.verdicts = 1;
    return out;
}

/// "up to c=50", "c=50 to c=100", "from c=100 on".
std::string where(const sweep_outcome& s, const lead& l) {
    const auto& from = s.points[l.first].label;
    const auto& to = s.points[l.last].label;
    if (l.first == 0 && l.last + 1 == s.points.size()) return "at every point";
    if (l.first == l.last && l.last + 1 != s.points.size()) return "at " + from;
    if (l.first == 0) return "up to " + to;
    if (l.last + 1 == s.points.size()) return fmt::format("from {} on", from);
    return fmt::format("from {} to {}", from, to);
}

std::string who(const lead& l) {
    if (!l.contested) return "nothing to compare";
    return l.leaders.empty() ? "all level" : fmt::format("{}", fmt::join(l.leaders, " and "));
}

std::string verdict_of(const lead& l) {
    const auto points = l.last - l.first + 1;
    if (l.verdicts == 0) return "";
    if (l.verdicts == points) return " (separated)";
    return fmt::format(" (separated at {} of {} points)", l.verdicts, points);
}

}  // namespace

std::span<const swept_metric> swept_metrics() noexcept { return shown; }

std::vector<sweep_cell> cells_at(const sweep_outcome& s, const sweep_point& point, const metric& m) {
    std::vector<sweep_cell> out;
    std::vector<double> competing;
    for (const auto& pattern : s.patterns) {
        out.push_back(cell_of(point, pattern, m));
        if (out.back().competes) competing.push_back(out.back().value);
    }
    if (competing.size() < 2) return out;
    const auto [low, high] = std::minmax_element(competing.begin(), competing.end());
    const double best = m.direction == better::lower ? *low : *high;
    const auto wins = [&](double value) { return is_level(value, best, m.direction); };
    if (std::all_of(competing.begin(), competing.end(), wins)) return out;
    for (auto& cell : out)
        if (cell.competes && wins(cell.value)) cell.state = cell_state::best;
    return out;
}

std::vector<lead> leads(const sweep_outcome& s, const metric& m) {
    std::vector<lead> out;
    for (std::size_t i = 0; i < s.points.size(); ++i) {
        const auto next = lead_at(s, i, m);
        if (out.empty() || out.back().leaders != next.leaders || out.back().contested != next.contested)
            out.push_back(next);
        else {
            out.back().last = i;
            out.back().verdicts += next.verdicts;
        }
    }
    return out;
}

std::string describe_leads(const sweep_outcome& s, const metric& m) {
    std::vector<std::string> parts;
    for (const auto& l : leads(s, m)) parts.push_back(fmt::format("{} {}{}", who(l), where(s, l), verdict_of(l)));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_points(const sweep_outcome& s, const std::vector<std::size_t>& at) {
    if (at.size() > 1 && at.size() == s.points.size()) return "at every point";
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const auto first = i;
        while (i + 1 < at.size() && at[i + 1] == at[i] + 1) ++i;
        const auto& from = s.points[at[first]].label;
        parts.push_back(first == i ? from : fmt::format("{} to {}", from, s.points[at[i]].label));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string what_broke(const run_result& run) {
    if (run.verdict.kind == verdict_kind::invalid_death || !run.ledger.checked) return run.verdict.text;
    if (!run.ledger.balanced())
        return fmt::format("the ledger did not balance: {} lost, {} corrupt, {} unexpected", run.ledger.lost,
                           run.ledger.corrupt, run.ledger.unexpected);
    if (run.failed > 0) {
        const auto most = std::max_element(run.failures.begin(), run.failures.end(),
                                           [](const auto& a, const auto& b) { return a.orders < b.orders; });
        const auto how = most == run.failures.end() ? std::string("failed")
                                                    : fmt::format("{} {}", name_of(most->stage), name_of(most->kind));
        const auto refused =
            run.api.refusals > 0 ? fmt::format(", the API refused {}", grouped(run.api.refusals)) : "";
        return fmt::format("{} ({} of {} orders failed{})", how, grouped(run.failed), grouped(run.orders), refused);
    }
    if (run.not_started > 0) return fmt::format("{} orders did not end", grouped(run.not_started));
    return "";
}

limit_report limit_of(std::vector<limit_try> tries) {
    limit_report out;
    const limit_try* bad = nullptr;
    for (const auto& t : tries)
        if (!t.cause.empty() && (bad == nullptr || t.orders < bad->orders)) bad = &t;
    for (const auto& t : tries)
        if (t.cause.empty() && (bad == nullptr || t.orders < bad->orders)) out.good = std::max(out.good, t.orders);
    if (bad != nullptr) {
        const auto gap = bad->orders - out.good;
        out.bad = bad->orders;
        out.cause = bad->cause;
        // No run was spent on what does not fit: the largest number that fits is tried, too.
        out.narrow = gap <= 1 || (bad->measured && static_cast<double>(gap) <=
                                                       limit_search.precision * static_cast<double>(bad->orders));
    }
    out.tries = std::move(tries);
    return out;
}

std::string describe(const limit_report& r) {
    if (!r.bad) {
        if (!r.searched) return "";
        return r.good == 0 ? "fan-out: nothing was tried"
                           : fmt::format("fan-out did not break: {} orders went well, and no more were tried",
                                         grouped(r.good));
    }
    if (!r.searched)
        return fmt::format("fan-out breaks at {} orders{}: {}", grouped(*r.bad),
                           r.good > 0 ? fmt::format(", and not at {}", grouped(r.good)) : "", r.cause);
    if (r.good == 0) return fmt::format("fan-out breaks at {} orders or fewer: {}", grouped(*r.bad), r.cause);
    return fmt::format("fan-out breaks between {} and {} orders: {}{}", grouped(r.good), grouped(*r.bad), r.cause,
                       r.narrow ? "" : " (the search ended before it was closer)");
}

}  // namespace pipebench
