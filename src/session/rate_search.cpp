#include "session/rate_search.hpp"

#include "analysis/queueing.hpp"

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

constexpr double first_rate = 100;  ///< per second, where no bound is known
constexpr double rate_precision = 0.03;
constexpr unsigned most_points = 12;  ///< of a pattern, without confirmations
constexpr double step_down = 0.95;    ///< to the next rate to confirm
constexpr unsigned most_steps_down = 3;

/// K / L; nullopt if nothing bounds the orders in flight, or the time of an order is not known.
std::optional<double> bound_of(const forecast_terms& terms) {
    if (!terms.bounded || terms.service_s <= 0) return std::nullopt;
    return highest_rate_per_second(terms.service_s, terms.in_flight_limit);
}

border_search search_below(const std::optional<double>& bound) {
    border_terms terms{.first = first_rate,
                       .highest = max_orders_per_second,
                       .precision = rate_precision,
                       .most_tries = most_points};
    if (bound) terms.first = *bound / 2;
    border_search out(terms);
    if (bound) out.known(*bound, objective_verdict::not_met);  // its queue would grow without end
    return out;
}

session_at session_of(const session_settings& all, const std::shared_ptr<const contestant>& who) {
    return [&all, who](double rate) {
        auto out = all;
        out.contestants = {who};
        out.rounds = 1;
        out.warmup = 0;
        out.work.arrive.rate = nearest_rate(rate);
        return out;
    };
}

/// Longer runs of the rate that was found, or a little less, until one meets the objectives.
void confirm(load_searcher& searcher, pattern_search& p, const session_at& at, border_search& search) {
    if (!p.found.met) return;
    double rate = *p.found.met;
    for (unsigned step = 0; step <= most_steps_down; ++step, rate *= step_down) {
        const auto verdict = searcher.measure(p, at, rate, point_purpose::confirm);
        if (!verdict) return;
        search.known(p.points.back().value, *verdict);
        const auto narrow = p.found.narrow;
        p.found = search.report();
        p.found.narrow = narrow;  // a step down is no search
        if (*verdict != objective_verdict::met) continue;
        p.confirmed = p.points.size() - 1;
        return;
    }
    p.not_known = "longer runs did not confirm what was found; measure longer, with --duration";
}

load_search_outcome nothing_yet(const session_settings& s) {
    load_search_outcome out;
    out.command = s.command;
    out.objectives = format_objectives(s.work.objectives);
    for (const auto& c : s.contestants) {
        auto& p = out.patterns.emplace_back();
        p.pattern = c->id();
        const auto terms = terms_at(*c, s);
        p.in_flight_limit = terms.bounded ? terms.in_flight_limit : 0;
    }
    return out;
}

}  // namespace

load_search_outcome run_rate_search(const rate_search_settings& settings, const load_search_observer& observer,
                                    const session_function& measure) {
    const auto& all = settings.session;
    require_objectives_in_reach(all);
    load_searcher searcher(nothing_yet(all), observer, measure, settings.length);
    return searcher.run([&](pattern_search& p) {
        const auto who = *std::find_if(all.contestants.begin(), all.contestants.end(),
                                       [&](const auto& c) { return c->id() == p.pattern; });
        const auto at = session_of(all, who);
        auto search = search_below(bound_of(terms_at(*who, all)));
        if (searcher.find(p, at, search)) confirm(searcher, p, at, search);
    });
}

load_search_outcome run_rate_search(const rate_search_settings& settings, const load_search_observer& observer) {
    return run_rate_search(settings, observer, [](const auto& s, const auto& o) { return run_session(s, o); });
}

}  // namespace pipebench
