// The statistics that verdicts rest on. Pure: samples in, numbers out; nothing is dropped. Samples should be finite
// and, where a ratio is asked for, above 0; what comes out of others is said below.
// tests/integration/statistics_against_r_test.cpp holds what is here to what R says of the same samples.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pipebench {

/// The middle one, or the mean of the middle two; NaN of nothing, and where a sample is NaN.
[[nodiscard]] double median(std::span<const double> samples);

/// 1.4826 x the median distance from the median: of a normal distribution, its standard deviation. NaN as median().
[[nodiscard]] double scaled_mad(std::span<const double> samples);

/// Which samples stand apart, by index: a modified Z-score above 3.5 (Iglewicz and Hoaglin, 1993), and more than 10 %
/// from the median. Where more than half of the samples are equal, the 10 % decide.
[[nodiscard]] std::vector<std::size_t> outliers(std::span<const double> samples);

/// Between these two lies the true value, in `confidence` of all cases: at least what was asked for.
struct interval {
    double low = 0, high = 0;
    double confidence = 0;
    [[nodiscard]] bool contains(double x) const noexcept { return low <= x && x <= high; }
};

/// head / base, and how sure that is. Where a sample is 0, negative or infinite there is no ratio and no range, but
/// still a p: it comes from the order of the samples alone.
struct ratio_estimate {
    double ratio = 0;               ///< NaN of no samples, and where one has no ratio
    std::optional<interval> range;  ///< none: too few samples for that confidence, or no ratio
    double p = 1;                   ///< two-sided, of the hypothesis that the ratio is 1
    std::size_t base_samples = 0, head_samples = 0;
};

/// Pairs that were measured side by side: the median of the log ratios, the sign test (exact, pairs without a
/// difference left out) and its interval, which is between two order statistics of the ratios (Conover, Practical
/// Nonparametric Statistics, 3.2). A pair with a NaN is one without a difference. alpha: 1 - confidence, between 0
/// and 1. Throws std::invalid_argument when the sizes differ.
[[nodiscard]] ratio_estimate paired_ratio(std::span<const double> base, std::span<const double> head, double alpha);
/// Pairs from which on the sign test can find anything at this alpha: 2^(1-n) <= alpha. Throws std::invalid_argument
/// for an alpha that is not above 0.
[[nodiscard]] std::size_t pairs_needed(double alpha);

/// Mann-Whitney's U, as R's W: pairs (head, base) in which head is larger, ties counting a half.
struct rank_sum {
    double u = 0;
    double p = 1;        ///< two-sided; 1 where one side has no samples, or all are equal, or one is NaN
    bool exact = false;  ///< of U's own distribution; else the normal one, corrected for ties and continuity
};
/// Exact without ties and with fewer than 50 samples on each side, as R does it.
[[nodiscard]] rank_sum mann_whitney(std::span<const double> base, std::span<const double> head);

/// Samples of two sessions: the median of all log ratios head[i] / base[j] (Hodges and Lehmann), Mann-Whitney's p,
/// and the interval that belongs to it: between two order statistics of these ratios, exact with fewer than 50
/// samples on each side; ties only make it more cautious.
[[nodiscard]] ratio_estimate unpaired_ratio(std::span<const double> base, std::span<const double> head, double alpha);
/// Samples on each side from which on Mann-Whitney can find anything at this alpha: 2 / (2n choose n) <= alpha.
/// Throws std::invalid_argument for an alpha that is not above 0.
[[nodiscard]] std::size_t samples_needed(double alpha);

}  // namespace pipebench
