// Which pattern wins on a metric, as far as the rounds of one session can tell. Pure.
#pragma once

#include "analysis/metrics.hpp"
#include "analysis/statistics.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

inline constexpr std::uint64_t fewest_rounds_for_a_verdict = 8;
inline constexpr double ranking_alpha = 0.05;  ///< of one metric's ranking: shared by its comparisons (Bonferroni)

struct ranked_pattern {
    std::string pattern;
    double value = 0;        ///< the median of its rounds
    ratio_estimate behind;   ///< its value / the first one's, paired by round; of the first itself: 1
    bool separated = false;  ///< from the first: the whole interval is on the worse side of 1
};

struct ranking {
    const metric* what = nullptr;
    std::vector<ranked_pattern> order;  ///< best first, by value
    std::string no_verdict;             ///< why there is none; empty: there is
    /// The first wins alone when all others are separated from it.
    [[nodiscard]] bool has_winner() const;
};

/// On time, on CPU per order and on memory (PSS), in this order. A round counts for a pair of patterns where both
/// were measured in it. Rows that are not to be trusted, or were interrupted, do not count, and a pattern that has no
/// others is not in the order. No verdict where a comparison with the first has fewer rounds than
/// fewest_rounds_for_a_verdict, or than the sign test needs among so many comparisons.
[[nodiscard]] std::vector<ranking> rank(const session_result& r);

/// One line: "time: semaphore wins, 1.21 x before redis-streams (1.18 to 1.25), 8 rounds", or who is not separated
/// from whom, or why there is no verdict. Patterns are named as in the result: the reporter makes them safe to print.
[[nodiscard]] std::string describe(const ranking& r);

}  // namespace pipebench
