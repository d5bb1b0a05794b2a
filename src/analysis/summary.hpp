// Sums up the rounds of a session: one row per pattern, its variation, and advice against noise. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pipebench {

/// A value with a larger spread is marked as noisy.
inline constexpr double noisy_spread = 0.05;

struct pattern_summary {
    /// Medians of measures and sums of counts over the rounds, with the worst verdict and its number of rounds. An
    /// interrupted round is left out if others are complete.
    run_result typical;
    std::uint64_t rounds = 0;
    /// Scaled MAD / median; NaN with one round, or if a value is NaN.
    double time_spread = std::numeric_limits<double>::quiet_NaN();
    double cpu_spread = std::numeric_limits<double>::quiet_NaN();  ///< of CPU per order

    [[nodiscard]] bool is_noisy() const { return time_spread > noisy_spread || cpu_spread > noisy_spread; }
};

/// Stays at the largest count instead of overflowing to 0.
[[nodiscard]] std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept;

/// Every run is trusted, none was interrupted, and the ledger of every warm-up run balances.
[[nodiscard]] bool is_trustworthy(const session_result& r);

/// A pattern has not met one of its objectives, over all rounds.
[[nodiscard]] bool misses_an_objective(const session_result& r);

/// In the order of the first round.
[[nodiscard]] std::vector<pattern_summary> summarise(const session_result& r);

/// How to improve these numbers, one line each, without what the session did already. `rows`: summarise(r).
[[nodiscard]] std::vector<std::string> advice(const session_result& r, const std::vector<pattern_summary>& rows);

}  // namespace pipebench
