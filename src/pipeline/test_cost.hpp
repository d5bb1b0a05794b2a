// For the test of the gate alone: a build with -DPIPEBENCH_TEST_COST=PATTERN:NANOSECONDS spends that much more CPU on
// each order of that pattern, and says so in its report. In any other build there is nothing of it.
#pragma once

#include <string>
#include <string_view>

namespace pipebench {

#ifdef PIPEBENCH_TEST_COST

/// Once, in the run's own process. What to say in the report; empty: this pattern costs what it costs.
[[nodiscard]] std::string choose_test_cost(std::string_view pattern);
/// Once an order.
void spend_test_cost() noexcept;

#else

[[nodiscard]] inline std::string choose_test_cost(std::string_view) { return {}; }
inline void spend_test_cost() noexcept {}

#endif

}  // namespace pipebench
