// Only for the test of the gate: a build with -DPIPEBENCH_TEST_COST=PATTERN:NANOSECONDS spends that much more CPU on
// each order of that pattern, and states it in its report. Other builds contain none of this. It is the work of
// --transform-cost (transform_work.hpp), but of one pattern, and hidden from the session that compares the binaries.
#pragma once

#include <string>
#include <string_view>

namespace pipebench {

#ifdef PIPEBENCH_TEST_COST

/// Called once, in the run's own process. Returns a line for the report; empty if this pattern has no extra cost.
[[nodiscard]] std::string choose_test_cost(std::string_view pattern);
/// Called once per order.
void spend_test_cost() noexcept;

#else

[[nodiscard]] inline std::string choose_test_cost(std::string_view) { return {}; }
inline void spend_test_cost() noexcept {}

#endif

}  // namespace pipebench
