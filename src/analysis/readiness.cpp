#include "analysis/readiness.hpp"

#include "contracts/number.hpp"
#include "contracts/scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace pipebench {
namespace {

constexpr double throttled_share = 0.05;
constexpr double failed_share = 0.001;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Orders that failed for one of these reasons, at any stage.
std::uint64_t failed_by(const run_result& run, std::initializer_list<error_kind> kinds) {
    std::uint64_t sum = 0;
    for (const auto& f : run.failures)
        if (std::find(kinds.begin(), kinds.end(), f.kind) != kinds.end()) sum = saturating_sum(sum, f.orders);
    return sum;
}

/// Errors that a better policy can overcome, because the order itself is not at fault.
constexpr std::initializer_list<error_kind> not_the_orders_fault{
    error_kind::connect,   error_kind::reset,        error_kind::timeout, error_kind::deadline,
    error_kind::throttled, error_kind::server_error, error_kind::database};

/// The findings of one row. `where`: " under flaky".
std::vector<evidence> against(const run_result& run, const session_result& session, const std::string& where) {
    std::vector<evidence> out;
    const auto add = [&](finding what, const std::string& text) { out.push_back({what, text + where}); };
    if (const auto& l = run.ledger; l.checked && !l.balanced())
        add(finding::loses_work, fmt::format("loses work: {} lost, {} corrupt, {} unexpected", grouped(l.lost),
                                             grouped(l.corrupt), grouped(l.unexpected)));
    if (run.not_started > 0 && !run.interrupted)
        add(finding::breaks,
            fmt::format("breaks: {} never done", counted(run.not_started, "order was", "orders were")));
    if (const auto n = failed_by(run, {error_kind::resources}); n > 0)
        add(finding::breaks, fmt::format("breaks at {} in flight: {} had no descriptor, port or memory",
                                         grouped(run.in_flight_limit), counted(n, "order", "orders")));
    if (const auto n = run.ledger.redelivered; n > 0)
        add(finding::duplicates_effects,
            fmt::format("duplicates effects: {} written again", counted(n, "order was", "orders were")));
    if (const double s = share(run.api.throttled, run.api.requests); s > throttled_share)
        add(finding::throttled, fmt::format("throttled: {} of the requests got 429", as_percent(s)));
    if (const double s = share(failed_by(run, not_the_orders_fault), run.orders); s > failed_share)
        add(finding::fails_orders, fmt::format("fails {} of the orders", as_percent(s)));
    if (const auto budget = session.memory_budget_bytes; budget > 0 && run.memory.peak_rss_bytes.value_or(0) > budget)
        add(finding::over_memory,
            fmt::format("over the memory budget: {:.1f} MB of {:.1f} MB",
                        static_cast<double>(*run.memory.peak_rss_bytes) / 1e6, static_cast<double>(budget) / 1e6));
    if (const double target = session.target_time_s; target > 0 && run.time_s > target)
        add(finding::too_slow, fmt::format("too slow: {:.3g} s where {:.3g} s is the target", run.time_s, target));
    return out;
}

bool was_struck(const run_result& run) { return run.recovery.killed != kill_target::none; }

/// Whether the trouble of its scenario has reached the run: a run may end before it, and an incident may hit nothing.
bool met_its_scenario(const run_result& run) {
    if (run.scenario == clean_scenario) return false;
    if (run.scenario == "db-restart") return run.recovery.killed == kill_target::connections;
    if (!run.api.known) return true;
    if (run.scenario == "throttled") return run.api.throttled > 0;
    return run.scenario != "flaky" || run.api.faults > 0;
}

/// Whether --chaos has killed anything.
bool was_killed(const session_result& r) {
    return !r.chaos.empty() && std::any_of(r.runs.begin(), r.runs.end(), [](const auto& run) {
        return was_struck(run) && run.recovery.killed != kill_target::connections;
    });
}

/// The readiness of a pattern without findings.
readiness_kind kind_without_findings(const session_result& r, std::string_view pattern, bool trusted) {
    if (!trusted) return readiness_kind::not_trusted;
    const bool tried = std::any_of(r.runs.begin(), r.runs.end(), [&](const auto& run) {
        return run.pattern == pattern && (met_its_scenario(run) || was_struck(run));
    });
    if (!tried) return readiness_kind::not_tried;
    return not_tried(r).empty() ? readiness_kind::ready : readiness_kind::ready_as_far_as_tried;
}

/// " under flaky with kill-worker@50%"
std::string circumstances(const run_result& run, const session_result& r) {
    std::string out = run.scenario == clean_scenario ? "" : " under " + run.scenario;
    if (!r.chaos.empty()) out += " with " + r.chaos;
    return out;
}

}  // namespace

std::string describe(const readiness& r) {
    switch (r.kind) {
        case readiness_kind::ready: return "ready";
        case readiness_kind::ready_as_far_as_tried: return "ready, as far as tried";
        case readiness_kind::not_trusted: return "not known: a row is not to be trusted";
        case readiness_kind::not_tried: return "not known: nothing went wrong yet";
        case readiness_kind::not_ready: break;
    }
    std::set<finding> found;
    for (const auto& e : r.against) found.insert(e.what);
    std::vector<std::string_view> names;
    for (const auto f : found) names.push_back(readiness_rules.at(static_cast<std::size_t>(f)).name);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<readiness> assess(const session_result& r, const std::vector<pattern_summary>& rows) {
    std::vector<readiness> out;
    std::set<std::string_view> untrusted;
    for (const auto& row : rows) {
        const auto& run = row.typical;
        const auto same = [&](const readiness& one) { return one.pattern == run.pattern; };
        auto at = std::find_if(out.begin(), out.end(), same);
        if (at == out.end()) at = out.insert(at, {run.pattern, {}, {}});
        for (auto& e : against(run, r, circumstances(run, r))) at->against.push_back(std::move(e));
        if (!run.verdict.trusted()) untrusted.insert(run.pattern);
    }
    for (auto& one : out) {
        std::stable_sort(one.against.begin(), one.against.end(),
                         [](const auto& a, const auto& b) { return a.what < b.what; });
        one.kind = one.against.empty() ? kind_without_findings(r, one.pattern, !untrusted.contains(one.pattern))
                                       : readiness_kind::not_ready;
    }
    return out;
}

std::vector<std::string> not_tried(const session_result& r) {
    std::vector<std::string> out;
    std::set<std::string> tried;
    for (const auto& run : r.runs)
        if (met_its_scenario(run)) tried.insert(run.scenario);
    std::string missing;
    for (const char* name : {"throttled", "flaky", "outage", "db-restart"})
        if (!tried.contains(name)) missing += (missing.empty() ? "" : ",") + std::string(name);
    if (!missing.empty()) out.push_back("how it takes trouble: --scenario " + missing);
    if (!was_killed(r)) out.push_back("what a death costs: --chaos kill-worker@50%");
    if (!(r.target_time_s > 0)) out.push_back("whether it is fast enough: --target-time 60s");
    if (r.memory_budget_bytes == 0) out.push_back("whether it is small enough: --memory-budget 500MB");
    return out;
}

}  // namespace pipebench
