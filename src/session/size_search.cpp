#include "session/size_search.hpp"

#include "analysis/size_search.hpp"
#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr unsigned most_points = 12;  ///< of a pattern, without confirmations
constexpr unsigned most_confirmations = 3;

border_search search_from(const size_bounds& bounds) {
    border_search out({.met = met_side::above,
                       .numbers = number_kind::whole,
                       .first = static_cast<double>(bounds.first),
                       .highest = static_cast<double>(largest_size),
                       .most_tries = most_points});
    if (bounds.too_small > 0) out.known(static_cast<double>(bounds.too_small), objective_verdict::not_met);
    return out;
}

/// The largest number of orders in flight that was seen.
double peak_in_flight(const run_result& run) {
    const auto& seen = run.series.in_flight;
    return seen.empty() ? 0 : *std::max_element(seen.begin(), seen.end());
}

class size_searcher {
public:
    size_searcher(load_searcher& searcher, const sized_pattern& subject, pattern_search& out)
        : searcher_(searcher), subject_(subject), out_(out) {}

    void search() {
        const auto smallest = subject_.at(1);
        const auto terms = terms_at(*subject_.who, smallest);
        if (terms.bounded) search_size(bounds_of(terms));
        else measure_once();
    }

private:
    /// Nothing bounds it: what it has in flight is what the load requires.
    void measure_once() {
        const auto verdict = searcher_.measure(out_, subject_.at, 0, point_purpose::confirm);
        if (!verdict) return;
        out_.what = fmt::format("up to {:.0f} in flight (sampled)", peak_in_flight(out_.points.back().run()));
        if (*verdict == objective_verdict::met) out_.confirmed = 0;
        else out_.not_known = out_.points.back().judged.why;
    }

    void search_size(const size_bounds& bounds) {
        out_.expected = bounds.expected;
        auto search = search_from(bounds);
        for (unsigned i = 0; i < most_confirmations; ++i) {
            if (!searcher_.find(out_, subject_.at, search)) return;
            if (!out_.found.met) {
                out_.not_known = fmt::format("not met at any size that was tried, up to {:.0f}", *out_.found.not_met);
                return;
            }
            const auto verdict = confirm(search);
            if (!verdict) return;
            if (*verdict == objective_verdict::met) return show_contrast(search);
        }
        out_.not_known = "longer runs did not confirm what was found; measure longer, with --duration";
    }

    std::optional<objective_verdict> confirm(border_search& search) {
        const double size = *out_.found.met;
        const auto verdict = searcher_.measure(out_, subject_.at, size, point_purpose::confirm);
        if (verdict) search.known(size, *verdict);
        if (verdict == objective_verdict::met) {
            out_.confirmed = out_.points.size() - 1;
            out_.what = subject_.what(subject_.at(size).work);
        }
        return verdict;
    }

    /// Half of the answer, unless it was tried.
    void show_contrast(border_search& search) {
        const auto half = static_cast<double>(static_cast<std::uint64_t>(out_.answer()->value) / 2);
        const auto is_half = [&](const auto& point) { return point.value == half; };
        if (half < 1 || std::any_of(out_.points.begin(), out_.points.end(), is_half)) return;
        if (const auto verdict = searcher_.measure(out_, subject_.at, half, point_purpose::contrast)) {
            search.known(half, *verdict);
            out_.found = search.report();
        }
        out_.not_known.clear();  // the answer is
    }

    load_searcher& searcher_;
    const sized_pattern& subject_;
    pattern_search& out_;
};

load_search_outcome nothing_yet(const size_search_settings& settings) {
    const auto any = settings.patterns.front().at(1);
    load_search_outcome out;
    out.command = any.command;
    out.objectives = format_objectives(any.work.objectives);
    out.rate = describe_load(any.work.arrive.rate);
    for (const auto& p : settings.patterns) out.patterns.emplace_back().pattern = p.who->id();
    return out;
}

}  // namespace

load_search_outcome run_size_search(const size_search_settings& settings, const load_search_observer& observer,
                                    const session_function& measure) {
    require_objectives_in_reach(settings.patterns.front().at(1));
    load_searcher searcher(nothing_yet(settings), observer, measure, settings.length);
    return searcher.run([&](pattern_search& p) {
        const auto subject = std::find_if(settings.patterns.begin(), settings.patterns.end(),
                                          [&](const auto& s) { return s.who->id() == p.pattern; });
        size_searcher(searcher, *subject, p).search();
    });
}

load_search_outcome run_size_search(const size_search_settings& settings, const load_search_observer& observer) {
    return run_size_search(settings, observer, [](const auto& s, const auto& o) { return run_session(s, o); });
}

}  // namespace pipebench
