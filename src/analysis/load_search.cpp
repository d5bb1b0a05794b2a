#include "analysis/load_search.hpp"

#include "analysis/objective.hpp"
#include "analysis/queueing.hpp"
#include "contracts/arrival_schedule.hpp"
#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

constexpr double settle_times = 3;
constexpr double thousand = 1000;  ///< the least value of four digits
constexpr std::int64_t largest_scale = 1'000'000;
constexpr double most_of_max_arrivals = 0.9;  ///< chance may add to the number that is expected

std::string describe(const objective_outcome& o) {
    return fmt::format("{}: {} of {} late", o.text, grouped(o.late), counted(o.orders, "order", "orders"));
}

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

/// What to think of a search that has ended.
std::string remarks(const border& found) {
    std::string out;
    if (!found.narrow) out += " (the search ended before it was closer)";
    if (found.contradicted) out += " (the outcomes contradict each other: measure longer, with --duration)";
    return out;
}

}  // namespace

point_judgement judge_point(const run_result& run) {
    if (run.interrupted || !run.verdict.trusted() || !run.load) return {std::nullopt, run.verdict.text};
    if (run.load->saturated) return {objective_verdict::not_met, run.verdict.text};
    point_judgement out{objective_verdict::met, {}};
    for (const auto& o : run.load->objectives) {
        out.why += (out.why.empty() ? "" : "; ") + describe(o);
        if (o.verdict == objective_verdict::not_met) out.verdict = objective_verdict::not_met;
        if (o.verdict == objective_verdict::cannot_tell && out.verdict == objective_verdict::met)
            out.verdict = objective_verdict::cannot_tell;
    }
    return out;
}

bool has_answers(const load_search_outcome& s) {
    return std::all_of(s.patterns.begin(), s.patterns.end(), [](const auto& p) { return p.confirmed.has_value(); });
}

bool is_trustworthy(const load_search_outcome& s) {
    for (const auto& p : s.patterns)
        for (const auto& point : p.points)
            if (!point.run().interrupted && !point.run().verdict.trusted()) return false;
    return true;
}

double point_seconds(const forecast_terms& terms) {
    const double rate = terms.work.arrive.highest_per_second();
    double out = shortest_point_s;
    for (const auto& o : terms.work.objectives)
        out = std::max(out, orders_over_needed * static_cast<double>(orders_for_a_verdict(o.quantile)) / rate);
    if (terms.bounded && terms.service_s > 0) {
        const double settles = settle_seconds({rate, terms.service_s}, terms.in_flight_limit);
        if (std::isfinite(settles)) out = std::max(out, std::min(settle_times * settles, longest_settling_s));
    }
    return out + seconds_of(terms.work.arrive.warm_up);
}

void let_arrive_for(workload& work, double seconds) {
    const double most = most_of_max_arrivals * static_cast<double>(max_arrivals) / work.arrive.highest_per_second();
    work.arrive.time = std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(seconds, most)));
    work.orders = std::max<std::uint64_t>(1, orders_arriving_in(work.arrive, work.seed));
}

arrival_rate nearest_rate(double per_second) {
    std::int64_t scale = 1;
    while (scale < largest_scale && per_second * static_cast<double>(scale) < thousand) scale *= 10;
    auto orders = static_cast<std::uint64_t>(std::max(1LL, std::llround(per_second * static_cast<double>(scale))));
    for (; scale > 1 && orders % 10 == 0; orders /= 10) scale /= 10;
    return {orders, std::chrono::seconds{scale}};
}

std::string format_rate(double per_second) {
    const auto text = format_arrival_rate(nearest_rate(per_second));
    return text.substr(0, text.find('/'));
}

std::string describe_rates(const pattern_search& p) {
    if (!p.not_known.empty()) return fmt::format("{} not known: {}", p.pattern, p.not_known);
    const auto met = p.answer() != nullptr ? p.answer()->value : p.found.met;
    if (!met) {
        if (p.points.empty()) return p.pattern + " not measured";
        return fmt::format("{} at no rate that was tried, down to {}/s", p.pattern, format_rate(*p.found.not_met));
    }
    auto out = fmt::format("{} {}", p.pattern, format_rate(*met));
    out += p.found.not_met ? fmt::format(" to {}/s", format_rate(*p.found.not_met)) : "/s or more";
    if (p.answer() == nullptr) out += ", not confirmed";
    return out + remarks(p.found);
}

}  // namespace pipebench
