#include "measure/load_account.hpp"

#include "analysis/objective.hpp"
#include "analysis/statistics.hpp"
#include "contracts/arrival_schedule.hpp"
#include "measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kept_up = 0.99;             ///< achieved share of the offered rate
constexpr double growth_that_counts = 0.01;  ///< of the queue, as a share of the orders that arrive meanwhile
constexpr double nearly_full = 0.9;          ///< of --queue-limit

double seconds(std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); }

/// The points of the series within these times.
struct points {
    std::vector<double> t_s, queued;
};
points points_in(const series_view& series, double begin_s, double end_s) {
    points out;
    for (std::size_t i = 0; i < series.t_s.size(); ++i) {
        if (series.t_s[i] < begin_s || series.t_s[i] > end_s) continue;
        out.t_s.push_back(series.t_s[i]);
        out.queued.push_back(series.queued[i]);
    }
    return out;
}

void add_queue(load_view& out, const series_view& series, double begin_s, double end_s, const arrivals& when) {
    const auto all = points_in(series, begin_s, end_s);
    const auto later = points_in(series, (begin_s + end_s) / 2, end_s);
    out.queue_mean = mean(all.queued);
    out.queue_peak = all.queued.empty() ? unknown : *std::max_element(all.queued.begin(), all.queued.end());
    out.queue_growth_per_s = std::max(0.0, slope_per_second(later.t_s, later.queued));
    const bool grows = out.queue_growth_per_s > growth_that_counts * out.offered_per_s;
    const bool full =
        when.queue_limit > 0 && mean(later.queued) >= nearly_full * static_cast<double>(when.queue_limit);
    const bool sheds = static_cast<double>(out.shed) > (1 - kept_up) * static_cast<double>(out.orders);
    out.saturated = out.achieved_per_s < kept_up * out.offered_per_s && (grows || full || sheds);
}

objective_outcome outcome_of(const objective& target, std::uint64_t orders, std::uint64_t on_time) {
    objective_outcome out;
    out.text = format_objective(target);
    out.quantile = target.quantile;
    out.limit_ms = std::chrono::duration<double, std::milli>(target.limit).count();
    out.orders = orders;
    out.late = orders - std::min(orders, on_time);
    out.needed = orders_for_a_verdict(target.quantile);
    out.verdict = judge_objective(target.quantile, {orders, out.late});
    return out;
}

/// Those that have arrived by now: all, unless the run was interrupted.
std::uint64_t orders_in_window(const arrival_schedule& when, const arrivals& load, std::chrono::nanoseconds elapsed) {
    const auto before = when.due_by(std::chrono::nanoseconds(load.warm_up) - std::chrono::nanoseconds{1});
    const auto arrived = when.due_by(elapsed);
    return arrived - std::min(arrived, before);
}

}  // namespace

load_view load_of(const run_reader& record, const series_view& series, const forecast_terms& terms) {
    const arrival_schedule when(terms.work);
    const double begin_s = seconds(terms.work.arrive.warm_up), time_s = seconds(record.elapsed());
    const double end_s = std::min(seconds(when.end()), time_s);
    load_view out;
    out.warm_up_s = begin_s;
    out.window_s = std::max(0.0, end_s - begin_s);
    out.drain_s = std::max(0.0, time_s - seconds(when.last()));
    out.orders = orders_in_window(when, terms.work.arrive, record.elapsed());
    const auto rate = [&](std::uint64_t n) {
        return out.window_s > 0 ? static_cast<double>(n) / out.window_s : unknown;
    };
    const auto p = record.read();
    out.offered_per_s = rate(out.orders);
    out.achieved_per_s = rate(record.stored_in_window());
    out.shed = p.failed_as(stage::schedule, error_kind::overloaded);
    out.unfinished = record.orders() - std::min(record.orders(), p.ended());
    const auto waits = record.wait(), responses = record.response(), late = record.lateness();
    out.wait = summarise(waits);
    out.service = summarise(record.service());
    out.waits = distribution_of(waits);
    out.responses = distribution_of(responses);
    const auto lateness = summarise(late);
    out.lateness_p99_ms = lateness.p99_ms;
    out.lateness_max_ms = lateness.max_ms;
    out.forecast = forecast_of(terms);
    add_queue(out, series, begin_s, end_s, terms.work.arrive);
    for (std::size_t i = 0; i < terms.work.objectives.size(); ++i)
        out.objectives.push_back(outcome_of(terms.work.objectives[i], out.orders, record.on_time(i)));
    return out;
}

}  // namespace pipebench
