#include "analysis/contender.hpp"
#include "analysis/ranking.hpp"
#include "analysis/summary.hpp"
#include "contracts/error.hpp"
#include "report/answer.hpp"
#include "report/numbers.hpp"
#include "report/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>

namespace pipebench::reporting {
namespace {

/// What is asked of every point, and the metric that answers it.
struct question {
    const char* label;
    std::string_view metric;
    bool of_open_load;  ///< also asked under open load, where the arrivals set the time
};
constexpr std::array questions{question{"Fastest", "time_s", false}, question{"Cheapest", "cpu_per_order_us", true},
                               question{"Smallest", "pss_mb", true}, question{"Quickest", "p99_ms", true}};

bool is_open(const sweep_outcome& s) {
    return std::any_of(s.points.begin(), s.points.end(), [](const sweep_point& p) {
        const auto& runs = p.result.runs;
        return std::any_of(runs.begin(), runs.end(), [](const run_result& run) { return run.load.has_value(); });
    });
}

/// "a (c=10), b (at every point)": the points at which a run of the pattern is so.
template <class Condition>
words where_a_run(const sweep_outcome& s, Condition is_so) {
    words out;
    for (const auto& pattern : s.patterns) {
        std::vector<std::size_t> at;
        for (std::size_t i = 0; i < s.points.size(); ++i) {
            const auto runs = runs_of(s.points[i].result, pattern);
            if (std::any_of(runs.begin(), runs.end(), [&](const run_result* run) { return is_so(*run); }))
                at.push_back(i);
        }
        if (!at.empty()) out.push_back(printable(fmt::format("{} ({})", pattern, describe_points(s, at))));
    }
    return out;
}

/// Of a sweep of one pattern: "least at c=500 (0.080 s), most at c=10 (1.24 s)"; empty with fewer than two values.
std::string extremes(const sweep_outcome& s, const metric& m) {
    std::optional<std::size_t> least, most;
    std::vector<double> values;
    for (std::size_t i = 0; i < s.points.size(); ++i) {
        const auto cell = cells_at(s, s.points[i], m).front();
        values.push_back(cell.value);
        if (!cell.competes || !std::isfinite(cell.value)) continue;
        if (!least || cell.value < values[*least]) least = i;
        if (!most || cell.value > values[*most]) most = i;
    }
    if (least == most) return {};
    const auto at = [&](std::size_t i) {
        return fmt::format("{} ({} {})", printable(s.points[i].label, 40), number(values[i]), m.unit);
    };
    return fmt::format("least at {}, most at {}", at(*least), at(*most));
}

fact best_of(const sweep_outcome& s, const question& q) {
    const metric& m = *find_metric(q.metric);
    const auto said = s.patterns.size() > 1 ? printable(describe_leads(s, m), 4000) : extremes(s, m);
    if (said.empty()) return {q.label, {}};
    return {q.label, {q.metric == "p99_ms" ? "by p99: " + said : said}};
}

/// Where the parameters set the time, so that no pattern can win by much.
std::string at_their_floor(const sweep_outcome& s) {
    const auto names =
        where_a_run(s, [](const run_result& run) { return run.verdict.kind == verdict_kind::at_floor; });
    return names.empty() ? "" : fmt::format("at their floor, set by the parameters: {}", listed(names));
}

fact load(const sweep_outcome& s) {
    words out;
    add_named(out, "could not keep up", where_a_run(s, [](auto& run) { return run.load && run.load->saturated; }));
    add_named(out, "objective not met", where_a_run(s, [](const run_result& run) {
                  if (!run.load) return false;
                  const auto& asked = run.load->objectives;
                  return std::any_of(asked.begin(), asked.end(),
                                     [](auto& o) { return o.verdict == objective_verdict::not_met; });
              }));
    if (out.empty() && is_open(s)) out.emplace_back("all kept up with the orders that arrived, at every point");
    return {"Load", out.empty() ? words{} : words{fmt::format("{}", fmt::join(out, "; "))}};
}

fact failed(const sweep_outcome& s) {
    std::uint64_t orders = 0;
    for (const auto& point : s.points)
        for (const auto& run : point.result.runs) orders = saturating_sum(orders, run.stored);
    words out;
    add_named(out, "THE LEDGER DOES NOT BALANCE",
              where_a_run(s, [](auto& run) { return run.ledger.checked && !run.ledger.balanced(); }));
    add_named(out, "orders not stored",
              where_a_run(s, [](auto& run) { return run.verdict.trusted() && run.not_stored() > 0; }));
    add_named(out, "not to be trusted", where_a_run(s, [](auto& run) { return !run.verdict.trusted(); }));
    if (out.empty()) out.push_back(fmt::format("nothing: {} stored", counted(orders, "order", "orders")));
    return {"Failed", {fmt::format("{}", fmt::join(out, "; "))}};
}

fact how_sure(const sweep_outcome& s) {
    const auto rounds = counted(s.rounds, "round", "rounds");
    if (s.rounds >= fewest_rounds_for_a_verdict)
        return {"How sure",
                {fmt::format("{} at each point; separated: a 95 % interval of the paired ratios says so", rounds)}};
    return {"How sure",
            {fmt::format("{} at each point {} an impression: --repeat {} to be sure", rounds,
                         s.rounds == 1 ? "is" : "are", fewest_rounds_for_a_verdict)}};
}

bool has_runs(const sweep_outcome& s) {
    return std::any_of(s.points.begin(), s.points.end(), [](auto& p) { return !p.result.runs.empty(); });
}

}  // namespace

std::vector<fact> answer(const sweep_outcome& s) {
    if (!has_runs(s)) return {};
    std::vector<fact> out;
    for (const auto& q : questions)
        if (q.of_open_load || !is_open(s)) out.push_back(best_of(s, q));
    if (const auto floors = at_their_floor(s); !floors.empty() && !out.front().lines.empty() && !is_open(s))
        out.front().lines.push_back(floors);
    if (s.limit)
        if (auto text = describe(*s.limit); !text.empty()) out.push_back({"Limit", {std::move(text)}});
    out.push_back(load(s));
    out.push_back(failed(s));
    out.push_back(how_sure(s));
    std::erase_if(out, [](const fact& f) { return f.lines.empty(); });
    return out;
}

}  // namespace pipebench::reporting
