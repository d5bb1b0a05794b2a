#include "analysis/queueing.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

namespace pipebench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int halvings = 60;  ///< of a range of rates, more than a double has bits

bool is_stable(const offered_load& load, std::uint64_t in_flight_limit) {
    return utilisation(load, in_flight_limit) < 1;
}

/// K / L - lambda, negative in an overload. K - a is exact near saturation, where K / L - lambda is not.
double spare_rate_per_second(const offered_load& load, std::uint64_t in_flight_limit) {
    return (static_cast<double>(in_flight_limit) - load.erlangs()) / load.service_seconds;
}

double seconds_of(duration d) { return std::chrono::duration<double>(d).count(); }

bool is_within(const objective& target, const offered_load& load, std::uint64_t in_flight_limit) {
    return response_quantile_seconds(load, in_flight_limit, target.quantile) < seconds_of(target.limit);
}

}  // namespace

double erlang_b(double erlangs, std::uint64_t in_flight_limit) {
    double share = 1;
    for (std::uint64_t k = 1; k <= in_flight_limit && share > 0; ++k)  // a share that has become 0 remains 0
        share = erlangs * share / (static_cast<double>(k) + erlangs * share);
    return share;
}

double erlang_c(double erlangs, std::uint64_t in_flight_limit) {
    const double k = static_cast<double>(in_flight_limit);
    if (erlangs >= k) return 1;
    const double b = erlang_b(erlangs, in_flight_limit);
    return k * b / (k - erlangs + erlangs * b);
}

double utilisation(const offered_load& load, std::uint64_t in_flight_limit) {
    return load.erlangs() / static_cast<double>(in_flight_limit);
}

double highest_rate_per_second(double service_seconds, std::uint64_t in_flight_limit) {
    return static_cast<double>(in_flight_limit) / service_seconds;
}

double share_waiting_longer(const offered_load& load, std::uint64_t in_flight_limit, double wait_seconds) {
    const double waiting = erlang_c(load.erlangs(), in_flight_limit);
    if (waiting == 0 || !is_stable(load, in_flight_limit)) return waiting;
    return waiting * std::exp(-spare_rate_per_second(load, in_flight_limit) * wait_seconds);
}

double mean_wait_seconds(const offered_load& load, std::uint64_t in_flight_limit) {
    if (!is_stable(load, in_flight_limit)) return infinity;
    return erlang_c(load.erlangs(), in_flight_limit) / spare_rate_per_second(load, in_flight_limit);
}

double wait_quantile_seconds(const offered_load& load, std::uint64_t in_flight_limit, double quantile) {
    if (!is_stable(load, in_flight_limit)) return infinity;
    const double waiting = erlang_c(load.erlangs(), in_flight_limit), beyond = 1 - quantile;
    return waiting > beyond ? std::log(waiting / beyond) / spare_rate_per_second(load, in_flight_limit) : 0;
}

double response_quantile_seconds(const offered_load& load, std::uint64_t in_flight_limit, double quantile) {
    return load.service_seconds + wait_quantile_seconds(load, in_flight_limit, quantile);
}

std::optional<double> highest_rate_within(const objective& target, double service_seconds,
                                          std::uint64_t in_flight_limit) {
    if (service_seconds >= seconds_of(target.limit)) return std::nullopt;
    double low = 0, high = highest_rate_per_second(service_seconds, in_flight_limit);
    if (std::isinf(high)) return high;
    for (int i = 0; i < halvings; ++i) {
        const double middle = std::midpoint(low, high);
        if (is_within(target, {middle, service_seconds}, in_flight_limit)) low = middle;
        else high = middle;
    }
    return low;
}

std::optional<std::uint64_t> fewest_in_flight_within(const objective& target, const offered_load& load) {
    if (!is_within(target, load, most_in_flight_considered)) return std::nullopt;
    std::uint64_t too_few = 0, enough = most_in_flight_considered;  // waits fall with K, so bisect
    while (enough - too_few > 1) {
        const auto middle = std::midpoint(too_few, enough);
        if (is_within(target, load, middle)) enough = middle;
        else too_few = middle;
    }
    return enough;
}

double settle_seconds(const offered_load& load, std::uint64_t in_flight_limit) {
    if (!is_stable(load, in_flight_limit)) return infinity;
    const double highest = highest_rate_per_second(load.service_seconds, in_flight_limit);
    return std::pow(std::sqrt(highest) - std::sqrt(load.rate_per_second), -2);
}

overload overload_after(const offered_load& load, std::uint64_t in_flight_limit, double seconds) {
    const double spare = spare_rate_per_second(load, in_flight_limit);
    if (spare >= 0) return {};
    const double queued = -spare * seconds;
    return {.queued_orders = queued,
            .drain_seconds = queued / highest_rate_per_second(load.service_seconds, in_flight_limit)};
}

double mean_delay_seconds(const inline_work& work) {
    const double rho = work.rate_per_second * work.cpu_seconds;
    return rho < 1 ? rho * work.cpu_seconds / (2 * (1 - rho)) : infinity;
}

}  // namespace pipebench
