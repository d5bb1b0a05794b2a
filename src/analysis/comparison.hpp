// Two results of the same work on the same box, held side by side: what got better, what got worse, and what
// nobody can tell. Pure. Every text in a comparison may be foreign: printable() it.
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

inline constexpr std::size_t fewest_samples_to_compare = 5;  ///< of a pattern on each side, whatever alpha says
/// Of a pattern: no session of ours makes more, and the work grows with their square. (parse_result limits the rest.)
inline constexpr std::size_t most_rounds_to_compare = 1'000;

enum class change : std::uint8_t { same, better, worse, cannot_tell };
[[nodiscard]] std::string_view name_of(change c) noexcept;  ///< "same", "better", "worse", "cannot tell"

/// A --threshold: in place of the metric's own, which stands where it is not given.
struct threshold {
    const metric* of = nullptr;
    double relative = 0;  ///< share of the base: 0.05 is 5 %
};

struct comparison_row {
    std::string pattern;
    const metric* what = nullptr;
    double base = 0, head = 0;      ///< over all rounds, as value_of()
    ratio_estimate estimate;        ///< head / base; the ratio is NaN, and there is no range, where the base has a 0
    double relative_threshold = 0;  ///< NaN: losses, which need none
    change verdict = change::cannot_tell;
    std::string why;  ///< for "cannot tell", and where a rule decided: "below 5 %", "3 samples in head, needs 5"
};

struct comparison_settings {
    std::vector<threshold> thresholds;  ///< of two for one metric, the later one counts
    double alpha = 0.05;  ///< of one metric, over all patterns compared: each gets its share (Bonferroni)
};

struct comparison {
    session_result base, head;           ///< as compared, without their runs
    std::vector<difference> mismatches;  ///< what must not differ and does; empty: comparable
    std::vector<difference> versions;    ///< what may: of pipebench and of the compiler
    std::vector<std::string> warnings;   ///< missing patterns, rows not to trust, interrupted results
    std::vector<std::string> untrusted;  ///< patterns with a run, on either side, that is not to be trusted
    std::string advice;                  ///< how to get more verdicts; empty: none is needed
    std::vector<comparison_row> rows;    ///< by pattern, then by metric
    double alpha = 0;                    ///< of one metric
    double alpha_of_row = 0;             ///< its share, for one pattern
    std::size_t samples_needed = 0;      ///< of each pattern on each side

    [[nodiscard]] std::size_t count(change c) const;
    [[nodiscard]] bool regressed() const { return count(change::worse) > 0; }
    [[nodiscard]] bool lacks_samples() const;  ///< every row does: advice says how many there are
};

/// Every compared metric of every pattern that both have, by these rules:
/// - A regression, as an improvement, needs all three: significance (Mann-Whitney, and an interval without 1), the
///   relative threshold, and the absolute floor, which the medians' difference must exceed.
/// - "same" is what is significant and lacks one of the other two, and what is not significant and whose interval
///   lies within the threshold or the floor. Everything else cannot be told.
/// - Orders that head lost, spoiled or made up, beyond those of base, are a regression by themselves.
/// - Interrupted runs do not count; a pattern with any other run that is not to be trusted cannot be told.
/// Mismatches are listed, not refused; what only one of the two has is left out. Throws setup_error, in one line,
/// when there is nothing to compare, or more than any session makes.
[[nodiscard]] comparison compare(const session_result& base, const session_result& head,
                                 const comparison_settings& settings);

}  // namespace pipebench
