// Compares results of the same work on the same machine, one or more sessions on either side. Pure. Every text in a
// comparison may come from a foreign file: pass it through printable() before showing it.
#pragma once

#include "analysis/box_movement.hpp"
#include "analysis/metrics.hpp"
#include "analysis/mismatch.hpp"
#include "analysis/statistics.hpp"
#include "pipebench/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr std::size_t fewest_samples_to_compare = 5;  ///< of a pattern on each side, over its sessions
/// Per pattern and session. No session makes more, and the work grows with their square. (parse_result limits the rest.)
inline constexpr std::size_t most_rounds_to_compare = 1'000;
inline constexpr std::size_t most_sessions_to_compare = 100;  ///< on each side

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
    double base = 0, head = 0;  ///< as measured: the median over the sessions of value_of(), or the sum
    /// head / base, without what the box's own movement explains. NaN without a range if a value is 0.
    ratio_estimate estimate;
    double relative_threshold = 0;  ///< NaN for losses, which have none
    double alpha = 0;               ///< share of this row in the comparison's
    change verdict = change::cannot_tell;
    std::string why;  ///< why it cannot tell, or the rule that decided: "below 5 %", "3 samples in head, needs 5"

    /// head / base as measured; NaN if base is 0 or not known.
    [[nodiscard]] double measured_ratio() const noexcept;
};

struct comparison_settings {
    std::vector<threshold> thresholds;  ///< the last one for a metric counts
    /// Of all rows together: the most that a comparison of equal programs may find a change with. Divided among the
    /// rows (Bonferroni); CPU per order, which is what tells patterns apart, gets four times the share of the others.
    double alpha = 0.05;
};

struct comparison {
    std::vector<session_result> base, head;  ///< without their runs
    std::vector<difference> mismatches;      ///< fields that must not differ but do; empty if comparable
    std::vector<difference> versions;        ///< of pipebench and the compiler; these may differ
    std::vector<std::string> warnings;       ///< missing patterns, untrusted rows, interrupted results
    std::vector<std::string> untrusted;      ///< patterns that a side has no session of whose runs are all trusted
    std::string advice;                      ///< how to get more verdicts; empty if none is needed
    std::optional<box_movement> box;         ///< by the time that passes; nullopt: not known
    std::optional<box_movement> box_cpu;     ///< by that of the CPU; nullopt: not known
    std::string box_unknown;                 ///< why
    std::vector<comparison_row> rows;        ///< by pattern, then by metric
    double alpha = 0;                        ///< of all rows

    [[nodiscard]] std::size_t count(change c) const;
    [[nodiscard]] bool regressed() const { return count(change::worse) > 0; }
    [[nodiscard]] bool lacks_samples() const;  ///< in every row; `advice` gives the number
    /// The smallest ratio above 1 that would be a change of the row "PATTERN cpu_per_order_us", median over the
    /// patterns; NaN if there is none.
    [[nodiscard]] double smallest_visible_change() const;
};

/// Every compared metric of every pattern that all sessions have, by these rules:
/// - Times and CPU are freed from the movement of the box (box_movement.hpp), as far as a metric depends on the box:
///   CPU time wholly, a time for the share that is not simulated latency.
/// - A regression or an improvement must be significant (ratio_of_sessions(), whose interval allows for what the
///   yardstick does not explain), and with and without the box's movement the difference must exceed both the relative
///   threshold and the absolute floor. Counts and shares, and measures with a 0, are tested by Mann-Whitney.
/// - The verdict is "same" for a significant change that misses the threshold or the floor, and for an insignificant
///   one whose interval lies within either. Otherwise it is "cannot tell".
/// - More lost, corrupt or unexpected orders in head than in base, per order, are a regression by themselves.
/// - Interrupted runs do not count, nor do sessions with another untrusted run of a pattern for that pattern; without
///   any session left on a side, its rows are "cannot tell".
/// Mismatches are listed, not refused; patterns that only some sessions have are left out. Throws setup_error, in one
/// line, if there are no runs or patterns to compare, or more than any session makes. Needs a session on each side.
[[nodiscard]] comparison compare(std::span<const session_result> base, std::span<const session_result> head,
                                 const comparison_settings& settings);

}  // namespace pipebench
