// Whether a run has met its objective (pipebench/objective.hpp), by the exact binomial test on the number of late
// orders (Clopper and Pearson, 1934). Pure.
//
// The test takes the orders for independent. In a queue that is nearly full, one late order is followed by others, so
// a run there proves less than its number of orders says.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>

namespace pipebench {

/// A wrong "met" has a lower chance than this, and so has a wrong "not met".
inline constexpr double objective_alpha = 0.05;

struct late_count {
    std::uint64_t orders = 0;
    std::uint64_t late = 0;  ///< of these; an order that failed or never ended is late, too
};

/// `met`: if the true late share were 1 - quantile or larger, so few late orders would have a chance below
/// objective_alpha. `not_met`: the same for so many late orders, if it were 1 - quantile or smaller. Throws
/// std::invalid_argument unless 0 < quantile < 1 and late <= orders.
[[nodiscard]] objective_verdict judge_objective(double quantile, late_count counted);

/// The fewest orders that can be `met`, with none late: 299 for 0.99, 2,995 for 0.999. Throws std::invalid_argument
/// unless 0 < quantile < 1.
[[nodiscard]] std::uint64_t orders_for_a_verdict(double quantile);

}  // namespace pipebench
