// What the rounds of a session come to: one row a pattern, how much it varied, and what to do about it. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pipebench {

/// A spread from which a value is marked as noisy.
inline constexpr double noisy_spread = 0.05;

struct pattern_summary {
    /// Measures are medians over the rounds, counts of orders their sums; the verdict is the worst of them, and
    /// says in how many rounds. Of a pattern that was cut short in its last round, the complete ones.
    run_result typical;
    std::uint64_t rounds = 0;
    /// Scaled MAD / median; NaN of one round, or of a NaN.
    double time_spread = std::numeric_limits<double>::quiet_NaN();
    double cpu_spread = std::numeric_limits<double>::quiet_NaN();  ///< of CPU per order

    [[nodiscard]] bool is_noisy() const { return time_spread > noisy_spread || cpu_spread > noisy_spread; }
};

/// A count that can get no larger stays where it is: it must not come round to 0.
[[nodiscard]] std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept;

/// Every run can be trusted, and the ledger of every warm-up run balances. An interrupted run cannot.
[[nodiscard]] bool is_trustworthy(const session_result& r);

/// In the order of the first round.
[[nodiscard]] std::vector<pattern_summary> summarise(const session_result& r);

/// One line each: what would make these numbers better, knowing what was asked for already. `rows`: summarise(r).
[[nodiscard]] std::vector<std::string> advice(const session_result& r, const std::vector<pattern_summary>& rows);

}  // namespace pipebench
