// Ranks the patterns of one session on each metric. Pure.
#pragma once

#include "analysis/metrics.hpp"
#include "analysis/statistics.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

inline constexpr std::uint64_t fewest_rounds_for_a_verdict = 8;
inline constexpr double ranking_alpha = 0.05;  ///< of one metric, divided among its comparisons (Bonferroni)

struct ranked_pattern {
    std::string pattern;
    double value = 0;        ///< the median of its rounds
    ratio_estimate behind;   ///< its value / the value of the first, paired by round; 1 for the first itself
    bool separated = false;  ///< from the first; the whole interval is on the worse side of 1
};

struct ranking {
    const metric* what = nullptr;
    std::vector<ranked_pattern> order;  ///< best first, by value
    std::string no_verdict;             ///< why there is no verdict; empty if there is one
    /// The first wins alone when all others are separated from it.
    [[nodiscard]] bool has_winner() const;
};

/// Ranks on time, CPU per order and memory (PSS), in this order. A round counts for a pair of patterns if both were
/// measured in it. Untrusted and interrupted rows do not count, and a pattern without others is left out. There is no
/// verdict if a comparison with the first has fewer rounds than fewest_rounds_for_a_verdict, or than the sign test
/// needs for this number of comparisons.
[[nodiscard]] std::vector<ranking> rank(const session_result& r);

/// One line: "time: semaphore wins, 1.21 x before redis-streams (1.18 to 1.25), 8 rounds", or which patterns
/// are not separated, or why there is no verdict. Contains names from the result, which may not be printable.
[[nodiscard]] std::string describe(const ranking& r);

}  // namespace pipebench
