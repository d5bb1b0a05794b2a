#include "analysis/forecast.hpp"

#include "analysis/queueing.hpp"
#include "contracts/arrival_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

offered_load load_of(const forecast_terms& terms) {
    return {terms.work.arrive.highest_per_second(), terms.service_s};
}

/// Erlang's formulas are of orders that come one by one.
bool comes_in_bursts(const forecast_terms& terms) {
    return terms.work.arrive.process.is == arrival_process::kind::burst;
}

double lasts_s(const forecast_terms& terms) {
    return std::chrono::duration<double>(arrival_schedule(terms.work).end()).count();
}

/// What the objectives need, if that is less than there is.
std::string enough(const forecast_terms& terms) {
    const auto fewest = fewest_in_flight_for(terms);
    if (!fewest || *fewest >= terms.in_flight_limit) return {};
    return fmt::format("; {} would be enough for {}", *fewest, format_objectives(terms.work.objectives));
}

/// What Erlang's formula does not know: a worker that has read several orders has a queue of its own.
std::string behind_another(const forecast_terms& terms) {
    if (terms.behind_another == 0) return {};
    return fmt::format(
        "; if several come at once, one may wait behind up to {} others (up to {:.4g} ms) while workers are idle",
        terms.behind_another, 1e3 * terms.service_s * static_cast<double>(terms.behind_another));
}

std::string waits(const load_forecast& f, const forecast_terms& terms) {
    if (std::isnan(f.wait_p99_ms)) return {};
    if (f.wait_p99_ms == 0) return ": hardly any order waits" + enough(terms);
    return fmt::format(": expect a p99 of at most {:.4g} ms, {:.4g} of them waiting", f.response_p99_ms,
                       f.wait_p99_ms) +
           enough(terms);
}

}  // namespace

load_forecast forecast_of(const forecast_terms& terms) {
    load_forecast out{unknown, unknown, unknown, unknown, 0};
    if (terms.service_s <= 0) return out;
    const auto load = load_of(terms);
    out.erlang = load.erlangs();
    if (!terms.bounded) {
        out.wait_p99_ms = 0;
    } else {
        out.utilisation = utilisation(load, terms.in_flight_limit);
        out.queue_at_end = overload_after(load, terms.in_flight_limit, lasts_s(terms)).queued_orders;
        if (out.utilisation < 1 && !comes_in_bursts(terms))
            out.wait_p99_ms = 1e3 * wait_quantile_seconds(load, terms.in_flight_limit, 0.99);
    }
    out.response_p99_ms = out.wait_p99_ms + 1e3 * terms.service_s;
    return out;
}

std::optional<std::uint64_t> fewest_in_flight_for(const forecast_terms& terms) {
    if (terms.service_s <= 0 || terms.work.objectives.empty() || comes_in_bursts(terms)) return std::nullopt;
    std::uint64_t out = 0;
    for (const auto& o : terms.work.objectives) {
        const auto fewest = fewest_in_flight_within(o, load_of(terms));
        if (!fewest) return std::nullopt;
        out = std::max(out, *fewest);
    }
    return out;
}

std::string describe(const load_forecast& f, std::string_view pattern, const forecast_terms& terms) {
    const auto rate = terms.work.arrive.highest_per_second();
    std::string out = fmt::format("{}: {:.4g} orders/s", pattern, rate);
    if (std::isnan(f.erlang)) return out + ": the time of an order is not known, and so nothing is expected";
    out += fmt::format(" x {:.4g} ms = {:.3g} erlang", 1e3 * terms.service_s, f.erlang);
    if (!terms.bounded) return out + " in flight, without a bound";
    if (f.utilisation >= 1)
        return out +
               fmt::format(", more than the {} that may be in flight can do ({:.4g}/s): after {:.4g} s {:.0f} orders "
                           "will wait, {:.3g} s of work",
                           terms.in_flight_limit, rate / f.utilisation, lasts_s(terms), f.queue_at_end,
                           overload_after(load_of(terms), terms.in_flight_limit, lasts_s(terms)).drain_seconds);
    out += fmt::format(", {:.3g} % of the {} that may be in flight", 100 * f.utilisation, terms.in_flight_limit);
    return out + waits(f, terms) + behind_another(terms);
}

}  // namespace pipebench
