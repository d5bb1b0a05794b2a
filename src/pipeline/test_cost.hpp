// Only for the test of the gate: a build with -DPIPEBENCH_TEST_COST=PATTERN:NANOSECONDS spends that much more CPU on
// each order of that pattern, and states it in its report. Other builds contain none of this. It is the work of
// --transform-cost (transform_work.hpp), but of one pattern, and hidden from the session that compares the binaries.
#pragma once

#include <string>
#include <string_view>

namespace pipebench {

#ifdef PIPEBENCH_TEST_COST

inline constexpr bool has_test_cost = true;
/// Called once, in the run's own process. `rounds_per_us`: calibrated before it, since that costs CPU time, too. Returns
/// a line for the report; empty if this pattern has no extra cost.
[[nodiscard]] std::string choose_test_cost(std::string_view pattern, double rounds_per_us);
/// Called once per order.
void spend_test_cost() noexcept;

#else

inline constexpr bool has_test_cost = false;
[[nodiscard]] inline std::string choose_test_cost(std::string_view, double) { return {}; }
inline void spend_test_cost() noexcept {}

#endif

}  // namespace pipebench
