#include "analysis/objective.hpp"

#include <boost/math/distributions/binomial.hpp>

#include <cmath>
#include <stdexcept>

namespace pipebench {
namespace {

void require_quantile(double quantile) {
    if (!(quantile > 0 && quantile < 1)) throw std::invalid_argument("a quantile is between 0 and 1");
}

/// The number of late orders if the true late share is 1 - quantile.
boost::math::binomial at_the_objective(double quantile, std::uint64_t orders) {
    return boost::math::binomial(static_cast<double>(orders), 1 - quantile);
}

double chance_of_at_most(const boost::math::binomial& late, std::uint64_t n) {
    return boost::math::cdf(late, static_cast<double>(n));
}

double chance_of_at_least(const boost::math::binomial& late, std::uint64_t n) {
    return n == 0 ? 1 : boost::math::cdf(boost::math::complement(late, static_cast<double>(n - 1)));
}

}  // namespace

objective_verdict judge_objective(double quantile, late_count counted) {
    require_quantile(quantile);
    if (counted.late > counted.orders) throw std::invalid_argument("more orders are late than there are");
    const auto late = at_the_objective(quantile, counted.orders);
    if (chance_of_at_most(late, counted.late) < objective_alpha) return objective_verdict::met;
    if (chance_of_at_least(late, counted.late) < objective_alpha) return objective_verdict::not_met;
    return objective_verdict::cannot_tell;
}

std::uint64_t orders_for_a_verdict(double quantile) {
    require_quantile(quantile);
    // All n orders are in time with a chance of quantile^n, which has to be below alpha.
    return static_cast<std::uint64_t>(std::log(objective_alpha) / std::log(quantile)) + 1;
}

}  // namespace pipebench
