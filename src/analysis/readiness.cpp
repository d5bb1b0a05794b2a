#include "analysis/readiness.hpp"

#include "analysis/metrics.hpp"
#include "analysis/summary.hpp"
#include "contracts/number.hpp"
#include "contracts/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pipebench {
namespace {

constexpr double throttled_share = 0.05;
constexpr double failed_share = 0.001;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Failures of these kinds, at whatever stage.
std::uint64_t failed_by(const run_result& run, const std::set<std::string_view>& kinds) {
    std::uint64_t sum = 0;
    for (const auto& f : run.failures)
        if (kinds.contains(f.kind)) sum = saturating_sum(sum, f.orders);
    return sum;
}

struct evidence {
    finding what;
    std::string text;
};

/// What one row says against its pattern. `where`: " under flaky".
std::vector<evidence> against(const run_result& run, const session_result& session, const std::string& where) {
    std::vector<evidence> out;
    const auto add = [&](finding what, const std::string& text) { out.push_back({what, text + where}); };
    if (const auto& l = run.ledger; !l.balanced())
        add(finding::loses_work, fmt::format("loses work: {} lost, {} corrupt, {} unexpected", grouped(l.lost),
                                             grouped(l.corrupt), grouped(l.unexpected)));
    if (run.not_started > 0 && !run.interrupted)
        add(finding::breaks,
            fmt::format("breaks: {} never done", counted(run.not_started, "order was", "orders were")));
    if (const auto n = failed_by(run, {"resources"}); n > 0)
        add(finding::breaks, fmt::format("breaks at {} in flight: {} had no descriptor, port or memory",
                                         grouped(run.in_flight_limit), counted(n, "order", "orders")));
    if (const auto n = run.ledger.redelivered; n > 0)
        add(finding::duplicates_effects,
            fmt::format("duplicates effects: {} written again", counted(n, "order was", "orders were")));
    if (const double s = share(run.api.throttled, run.api.requests); s > throttled_share)
        add(finding::throttled, fmt::format("throttled: {} of the requests got 429", as_percent(s)));
    const auto blameless =
        failed_by(run, {"connect", "reset", "timeout", "deadline", "throttled", "server_error", "database"});
    if (const double s = share(blameless, run.orders); s > failed_share)
        add(finding::fails_orders, fmt::format("fails {} of the orders", as_percent(s)));
    if (const auto budget = session.memory_budget_bytes; budget > 0 && run.memory.peak_rss_bytes > budget)
        add(finding::over_memory,
            fmt::format("over the memory budget: {:.1f} MB of {:.1f} MB",
                        static_cast<double>(run.memory.peak_rss_bytes) / 1e6, static_cast<double>(budget) / 1e6));
    if (const double target = session.target_time_s; target > 0 && run.time_s > target)
        add(finding::too_slow, fmt::format("too slow: {:.3g} s where {:.3g} s is the target", run.time_s, target));
    return out;
}

std::string_view name_of(finding f) {
    const auto rule = readiness_rules[static_cast<std::size_t>(f)];
    return rule.substr(0, rule.find(':'));
}

bool is_calm_only(const session_result& r) {
    return r.chaos.empty() &&
           std::all_of(r.runs.begin(), r.runs.end(), [](const auto& run) { return run.scenario == calm; });
}

readiness verdict_on(const std::string& pattern, std::vector<evidence> all, const session_result& r, bool measured) {
    readiness out{pattern, {}, {}, false};
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.what < b.what; });
    for (const auto& e : all) {
        const std::string name(name_of(e.what));
        if (out.verdict.find(name) == std::string::npos) out.verdict += (out.verdict.empty() ? "" : ", ") + name;
        out.reasons.push_back(e.text);
    }
    if (!all.empty()) return out;
    if (!measured) out.verdict = "not known: a row is not to be trusted";
    else if (is_calm_only(r)) out.verdict = "not known: nothing went wrong yet";
    else out.verdict = not_tried(r).empty() ? "ready" : "ready, as far as tried";
    out.is_ready = measured && !is_calm_only(r);
    return out;
}

}  // namespace

std::vector<readiness> assess(const session_result& r) {
    std::vector<std::string> patterns;
    std::vector<std::vector<evidence>> found;
    std::vector<bool> measured;
    for (const auto& [scenario, session] : by_scenario(r))
        for (const auto& summary : summarise(session)) {
            const auto& run = summary.typical;
            auto at =
                static_cast<std::size_t>(std::find(patterns.begin(), patterns.end(), run.pattern) - patterns.begin());
            if (at == patterns.size()) {
                patterns.push_back(run.pattern);
                found.emplace_back();
                measured.push_back(true);
            }
            std::string where = scenario == calm ? "" : " under " + scenario;
            if (!r.chaos.empty()) where += " with " + r.chaos;
            for (auto& e : against(run, r, where)) found[at].push_back(std::move(e));
            if (!run.verdict.trusted) measured[at] = false;
        }
    std::vector<readiness> out;
    for (std::size_t i = 0; i < patterns.size(); ++i)
        out.push_back(verdict_on(patterns[i], std::move(found[i]), r, measured[i]));
    return out;
}

std::vector<std::string> not_tried(const session_result& r) {
    std::vector<std::string> out;
    std::set<std::string> tried;
    for (const auto& run : r.runs) tried.insert(run.scenario);
    std::string missing;
    for (const char* name : {"throttled", "flaky", "outage", "db-restart"})
        if (!tried.contains(name)) missing += (missing.empty() ? "" : ",") + std::string(name);
    if (!missing.empty()) out.push_back("how it takes trouble: --scenario " + missing);
    if (r.chaos.empty()) out.push_back("what a death costs: --chaos kill-worker@50%");
    if (!(r.target_time_s > 0)) out.push_back("whether it is fast enough: --target-time 60s");
    if (r.memory_budget_bytes == 0) out.push_back("whether it is small enough: --memory-budget 500MB");
    return out;
}

}  // namespace pipebench
