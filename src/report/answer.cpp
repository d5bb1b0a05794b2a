#include "report/answer.hpp"

#include "analysis/contender.hpp"
#include "report/numbers.hpp"
#include "report/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>

namespace pipebench::reporting {
namespace {

using summaries = std::vector<const pattern_summary*>;

constexpr std::uint64_t few_orders = 1000;

template <class Condition>
words names_where(const std::vector<pattern_summary>& patterns, Condition holds) {
    words out;
    for (const auto& p : patterns)
        if (holds(p)) out.push_back(p.typical.pattern);
    return out;
}

bool counts(const pattern_summary& p) { return p.typical.verdict.trusted() && !p.typical.interrupted; }

/// What is compared, and how a value of it is said.
struct question {
    const char* label;
    std::string_view metric;
    std::function<double(const run_result&)> value;
    std::function<std::string(const run_result&)> said;
};

/// The patterns that can be called the best and have a value, best first. If none can, as where a scenario fails some
/// orders of every pattern, all that are trusted.
summaries in_order(const std::vector<pattern_summary>& patterns, const question& q) {
    const bool any =
        std::any_of(patterns.begin(), patterns.end(), [](const auto& p) { return can_be_best(p.typical); });
    summaries out;
    for (const auto& p : patterns)
        if ((any ? can_be_best(p.typical) : counts(p)) && std::isfinite(q.value(p.typical))) out.push_back(&p);
    std::stable_sort(out.begin(), out.end(),
                     [&](auto* a, auto* b) { return q.value(a->typical) < q.value(b->typical); });
    return out;
}

const ranking* ranking_of(const scenario_report& part, std::string_view metric) {
    for (const auto& r : part.rankings)
        if (r.what != nullptr && r.what->id == metric && r.order.size() > 1) return &r;
    return nullptr;
}

/// By a ranking that has a verdict.
std::string ranked(const ranking& r, const std::function<std::string(const std::string&)>& said) {
    words tied, others;
    for (const auto& p : r.order)
        if (!p.separated) tied.push_back(p.pattern);
    const auto& first = r.order.front().pattern;
    if (!r.has_winner()) return fmt::format("{} cannot be told apart; {}", listed(tied), said(first));
    for (std::size_t i = 1; i < r.order.size(); ++i)
        others.push_back(fmt::format("{} {}x ({})", r.order[i].pattern, factor(r.order[i].behind.ratio),
                                     range_of(r.order[i].behind)));
    return fmt::format("{}; then {}", said(first), fmt::join(others, ", "));
}

/// How much more the others need than the first.
std::string others_behind(const summaries& order, const question& q) {
    words out;
    const double first = q.value(order.front()->typical);
    for (std::size_t i = 1; i < order.size(); ++i) {
        const double ratio = q.value(order[i]->typical) / first;
        out.push_back(fmt::format("{} {}", order[i]->typical.pattern,
                                  std::isfinite(ratio) ? fixed(ratio, ratio < 10 ? 2 : 0) + "x" : "-"));
    }
    return out.empty() ? "" : fmt::format("; then {}", fmt::join(out, ", "));
}

std::string unknown_in(const std::vector<pattern_summary>& patterns, const question& q) {
    const auto names = names_where(
        patterns, [&](const pattern_summary& p) { return counts(p) && !std::isfinite(q.value(p.typical)); });
    return names.empty() ? "" : fmt::format("; not known of {}", listed(names));
}

fact best_of(const scenario_report& part, const question& q) {
    const auto order = in_order(part.patterns, q);
    if (order.empty()) return {q.label, {"not known"}};
    const auto said = [&](const std::string& name) {
        const auto at = std::find_if(order.begin(), order.end(), [&](auto* p) { return p->typical.pattern == name; });
        return at == order.end() ? name : fmt::format("{}, {}", name, q.said((*at)->typical));
    };
    const auto* r = ranking_of(part, q.metric);
    const bool ranks_them = r != nullptr && r->order.size() == order.size();  // and none that cannot be the best
    if (ranks_them && r->no_verdict.empty()) return {q.label, {ranked(*r, said)}};
    const bool was_asked = order.front()->rounds >= fewest_rounds_for_a_verdict;
    return {q.label,
            {said(order.front()->typical.pattern) + others_behind(order, q) + unknown_in(part.patterns, q) +
             (r != nullptr && was_asked && !r->no_verdict.empty() ? fmt::format("; no verdict: {}", r->no_verdict)
                                                                  : "")}};
}

// --- the parts of the answer ---

fact fastest(const scenario_report& part) {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (const auto& p : part.patterns) least = std::min(least, p.typical.in_flight_limit);
    const auto said = [least](const run_result& r) {
        const bool has_more = r.in_flight_limit > least;
        return fmt::format("{} s{} ({} orders/s)", seconds(r.time_s),
                           has_more ? fmt::format(" with {} in flight", grouped(r.in_flight_limit)) : "",
                           fixed(r.orders_per_s, 0));
    };
    auto out = best_of(part, {"Fastest", "time_s", [](auto& r) { return r.time_s; }, said});
    const auto close = names_where(part.patterns, [](const pattern_summary& p) {
        return counts(p) && p.typical.verdict.kind == verdict_kind::at_floor;
    });
    if (close.size() > 1)
        out.lines.front() +=
            fmt::format(". {} are at their floor: CPU and memory tell them apart, time does not", listed(close));
    return out;
}

fact least_late(const scenario_report& part) {
    return best_of(
        part, {"Quickest", "p99_ms", [](auto& r) { return r.latency.p99_ms; },
               [](auto& r) { return fmt::format("p99 {} ms from arrival to end", fixed(r.latency.p99_ms, 1)); }});
}

fact cheapest(const scenario_report& part) {
    return best_of(part,
                   {"Cheapest", "cpu_per_order_us", [](auto& r) { return r.cpu_per_order_us; },
                    [](auto& r) { return fmt::format("{} us of CPU per order", fixed(r.cpu_per_order_us, 0)); }});
}

fact smallest(const scenario_report& part) {
    const auto bytes = [](const run_result& r) {
        const auto& pss = r.memory.peak_pss_bytes;
        return pss ? static_cast<double>(*pss) : std::numeric_limits<double>::quiet_NaN();
    };
    return best_of(part, {"Smallest", "pss_mb", bytes,
                          [](auto& r) { return fmt::format("{} MB (PSS)", megabytes(r.memory.peak_pss_bytes)); }});
}

bool is_open(const scenario_report& part) {
    return std::any_of(part.patterns.begin(), part.patterns.end(),
                       [](auto& p) { return p.typical.load.has_value(); });
}

/// Which patterns kept up with the orders that arrived, and met the objectives.
fact kept_up(const scenario_report& part) {
    const auto by = [&](objective_verdict v) {
        return names_where(part.patterns, [v](const pattern_summary& p) {
            if (!counts(p) || !p.typical.load || p.typical.load->objectives.empty()) return false;
            const auto& all = p.typical.load->objectives;
            const auto has = [&](objective_verdict one) {
                return std::any_of(all.begin(), all.end(), [=](auto& o) { return o.verdict == one; });
            };
            const auto worst = has(objective_verdict::not_met)       ? objective_verdict::not_met
                               : has(objective_verdict::cannot_tell) ? objective_verdict::cannot_tell
                                                                     : objective_verdict::met;
            return worst == v;
        });
    };
    words out;
    add_named(out, "objective met", by(objective_verdict::met));
    add_named(out, "not met", by(objective_verdict::not_met));
    add_named(out, "cannot be told", by(objective_verdict::cannot_tell));
    add_named(out, "could not keep up",
              names_where(part.patterns, [](auto& p) { return p.typical.load && p.typical.load->saturated; }));
    if (out.empty()) out.emplace_back("all kept up with the orders that arrived");
    return {"Load", {fmt::format("{}", fmt::join(out, "; "))}};
}

/// Of all scenarios: what cannot be trusted, what was lost, what failed.
fact failed(const report_model& m) {
    words untrusted, lost, failing;
    std::uint64_t orders = 0;
    for (const auto& part : m.scenarios)
        for (const auto& p : part.patterns) {
            const auto& run = p.typical;
            orders = saturating_sum(orders, run.orders);
            if (!counts(p)) untrusted.push_back(row_name(run));
            if (run.ledger.checked && !run.ledger.balanced()) lost.push_back(row_name(run));
            if (run.not_stored() > 0)
                failing.push_back(
                    fmt::format("{} ({} %)", row_name(run), error_percent(run.not_stored(), run.orders)));
        }
    words out;
    add_named(out, "THE LEDGER DOES NOT BALANCE", lost);
    add_named(out, "orders not stored", failing);
    add_named(out, "not to be trusted", untrusted);
    if (out.empty())
        return {"Failed", {fmt::format("nothing: {} stored, each in one row", counted(orders, "order", "orders"))}};
    return {"Failed", {fmt::format("{}", fmt::join(out, "; "))}};
}

fact production(const report_model& m) {
    words ready, not_ready, unknown;
    bool in_part = false;
    for (const auto& r : m.production) {
        if (r.is_ready()) ready.push_back(r.pattern);
        else if (r.kind == readiness_kind::not_ready)
            not_ready.push_back(fmt::format("{} ({})", r.pattern, describe(r)));
        else unknown.push_back(r.pattern);
        in_part = in_part || r.kind == readiness_kind::ready_as_far_as_tried;
    }
    words out;
    add_named(out, in_part ? "ready, as far as was tried" : "ready", ready);
    add_named(out, "not ready", not_ready);
    add_named(out, "not known", unknown);
    return {"Production", out.empty() ? words{} : words{fmt::format("{}", fmt::join(out, "; "))}};
}

/// What the number of rounds, and of orders in them, can show.
fact how_sure(const report_model& m) {
    std::uint64_t rounds = 0, fewest = few_orders;
    for (const auto& p : m.scenarios.front().patterns) {
        rounds = std::max(rounds, p.rounds);
        fewest = std::min(fewest, p.typical.orders / std::max<std::uint64_t>(1, p.rounds));
    }
    if (is_open(m.scenarios.front()) && rounds < fewest_rounds_for_a_verdict)
        return {"How sure",
                {fmt::format("{} an impression: a longer --duration and --repeat {} to be sure",
                             rounds == 1 ? "one round is" : fmt::format("{} rounds are", rounds),
                             fewest_rounds_for_a_verdict)}};
    if (rounds == 1 && fewest < few_orders)
        return {"How sure",
                {fmt::format("one round of {} orders shows what differs by a factor, and no per cents; to be sure: "
                             "-n 10000 --repeat {}",
                             grouped(fewest), fewest_rounds_for_a_verdict)}};
    if (rounds >= fewest_rounds_for_a_verdict)
        return {"How sure", {fmt::format("{} rounds; in brackets 95 % intervals of ratios within a round", rounds)}};
    return {
        "How sure",
        {fmt::format("{}: --repeat {} to be sure",
                     rounds == 1 ? "one round is an impression" : fmt::format("{} rounds are an impression", rounds),
                     fewest_rounds_for_a_verdict)}};
}

}  // namespace

std::vector<fact> answer(const report_model& m) {
    if (m.shown.runs.empty()) return {};
    const auto& part = m.scenarios.front();
    std::vector<fact> out;
    if (std::any_of(part.patterns.begin(), part.patterns.end(), counts)) {
        if (is_open(part)) out = {kept_up(part), least_late(part)};
        else out = {fastest(part)};
        out.push_back(cheapest(part));
        out.push_back(smallest(part));
    }
    out.push_back(failed(m));
    out.push_back(production(m));
    if (out.size() > 2) out.push_back(how_sure(m));
    if (m.scenarios.size() > 1)
        for (auto& f : out)
            if (f.label != std::string_view("Failed") && f.label != std::string_view("Production") &&
                !f.lines.empty() && &f != &out.back())
                f.lines.front() += fmt::format(" [{}]", part.scenario);
    std::erase_if(out, [](const fact& f) { return f.lines.empty(); });
    return out;
}

}  // namespace pipebench::reporting
