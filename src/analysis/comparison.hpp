// Compares two results of the same work on the same machine. Pure. Every text in a comparison may come from a foreign
// file: pass it through printable() before showing it.
#pragma once

#include "analysis/metrics.hpp"
#include "analysis/mismatch.hpp"
#include "analysis/statistics.hpp"
#include "pipebench/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr std::size_t fewest_samples_to_compare = 5;  ///< of a pattern on each side, for any alpha
/// Per pattern. No session makes more, and the work grows with their square. (parse_result limits the rest.)
inline constexpr std::size_t most_rounds_to_compare = 1'000;

enum class change : std::uint8_t { same, better, worse, cannot_tell };
[[nodiscard]] std::string_view name_of(change c) noexcept;  ///< "same", "better", "worse", "cannot tell"

/// A --threshold, which replaces the metric's own.
struct threshold {
    const metric* of = nullptr;
    double relative = 0;  ///< share of the base: 0.05 is 5 %
};

struct comparison_row {
    std::string pattern;
    const metric* what = nullptr;
    double base = 0, head = 0;      ///< value_of() over all rounds
    ratio_estimate estimate;        ///< head / base; NaN without a range if the base has a 0
    double relative_threshold = 0;  ///< NaN for losses, which have none
    change verdict = change::cannot_tell;
    std::string why;  ///< why it cannot tell, or the rule that decided: "below 5 %", "3 samples in head, needs 5"
};

struct comparison_settings {
    std::vector<threshold> thresholds;  ///< the last one for a metric counts
    double alpha = 0.05;                ///< of one metric, divided among the patterns compared (Bonferroni)
};

struct comparison {
    session_result base, head;           ///< without their runs
    std::vector<difference> mismatches;  ///< fields that must not differ but do; empty if comparable
    std::vector<difference> versions;    ///< of pipebench and the compiler; these may differ
    std::vector<std::string> warnings;   ///< missing patterns, untrusted rows, interrupted results
    std::vector<std::string> untrusted;  ///< patterns with an untrusted run on either side
    std::string advice;                  ///< how to get more verdicts; empty if none is needed
    std::vector<comparison_row> rows;    ///< by pattern, then by metric
    double alpha = 0;                    ///< of one metric
    double alpha_of_row = 0;             ///< the share of one pattern
    std::size_t samples_needed = 0;      ///< of each pattern on each side

    [[nodiscard]] std::size_t count(change c) const;
    [[nodiscard]] bool regressed() const { return count(change::worse) > 0; }
    [[nodiscard]] bool lacks_samples() const;  ///< in every row; `advice` gives the number
};

/// Every compared metric of every pattern that both have, by these rules:
/// - A regression or an improvement must be significant (Mann-Whitney, and an interval without 1), and the difference
///   of the medians must exceed both the relative threshold and the absolute floor.
/// - The verdict is "same" for a significant change that misses the threshold or the floor, and for an insignificant
///   one whose interval lies within either. Otherwise it is "cannot tell".
/// - More lost, corrupt or unexpected orders in head than in base are a regression by themselves.
/// - Interrupted runs do not count; a pattern with any other untrusted run gets "cannot tell".
/// Mismatches are listed, not refused; patterns that only one side has are left out. Throws setup_error, in one line,
/// if there are no runs or patterns to compare, or more than any session makes.
[[nodiscard]] comparison compare(const session_result& base, const session_result& head,
                                 const comparison_settings& settings);

}  // namespace pipebench
