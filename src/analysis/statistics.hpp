// The statistics behind the verdicts. Pure. No sample is dropped. Samples should be finite and, for a ratio, above 0;
// the result for others is documented below. tests/integration/statistics_against_r_test.cpp compares the estimates
// and the tests with R.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pipebench {

/// NaN without samples.
[[nodiscard]] double mean(std::span<const double> samples);
/// Of the mean: the standard deviation over the root of the number. NaN with fewer than two samples.
[[nodiscard]] double standard_error(std::span<const double> samples);

/// The middle sample, or the mean of the middle two; NaN without samples, or if one is NaN.
[[nodiscard]] double median(std::span<const double> samples);

/// The median of the means of all pairs of samples, each with itself too (Hodges and Lehmann, 1963): it is nearly as
/// precise as the mean where the samples are normal, and one outlier does not move it. Of more than
/// most_samples_for_pairs samples, the median. NaN as median().
[[nodiscard]] double pseudo_median(std::span<const double> samples);
inline constexpr std::size_t most_samples_for_pairs = 2'000;

/// 1.4826 x the median distance from the median, which estimates the standard deviation of a normal distribution.
/// NaN as median().
[[nodiscard]] double scaled_mad(std::span<const double> samples);

/// The indices of samples with a modified Z-score above 3.5 (Iglewicz and Hoaglin, 1993) that are more than 10 % from
/// the median. If more than half of the samples are equal, the 10 % alone decide.
[[nodiscard]] std::vector<std::size_t> outliers(std::span<const double> samples);

/// A confidence interval. `confidence` is at least the requested one.
struct interval {
    double low = 0, high = 0;
    double confidence = 0;
    [[nodiscard]] bool contains(double x) const noexcept { return low <= x && x <= high; }
};

/// head / base with its confidence interval. If a sample is 0, negative or infinite, there is no ratio and no range,
/// but still a p, which depends on the order of the samples alone.
struct ratio_estimate {
    double ratio = 0;               ///< NaN without samples, or if one has no ratio
    std::optional<interval> range;  ///< nullopt with too few samples for the confidence, or without a ratio
    double p = 1;                   ///< two-sided, of the hypothesis that the ratio is 1
    std::size_t base_samples = 0, head_samples = 0;
};

/// For paired samples: the median of the log ratios, the exact sign test (without ties) and its interval between two
/// order statistics of the ratios (Conover, Practical Nonparametric Statistics, 3.2). A pair with a NaN counts as a
/// tie. `alpha`: 1 - confidence, between 0 and 1. Throws std::invalid_argument when the sizes differ.
[[nodiscard]] ratio_estimate paired_ratio(std::span<const double> base, std::span<const double> head, double alpha);
/// The fewest pairs n that can be significant in the sign test: 2^(1-n) <= alpha. Throws std::invalid_argument unless
/// alpha is above 0.
[[nodiscard]] std::size_t pairs_needed(double alpha);

/// Mann-Whitney's U, the same as R's W: pairs (head, base) in which head is larger; ties count one half.
struct rank_sum {
    double u = 0;
    double p = 1;        ///< two-sided; 1 if a side has no samples, all are equal, or one is NaN
    bool exact = false;  ///< false: normal approximation, corrected for ties and continuity
};
/// Exact without ties and with fewer than 50 samples on each side, as in R.
[[nodiscard]] rank_sum mann_whitney(std::span<const double> base, std::span<const double> head);

/// For samples of two sessions: the median of all log ratios head[i] / base[j] (Hodges and Lehmann), Mann-Whitney's p
/// and its interval between two order statistics of these ratios, which is exact with fewer than 50 samples on each
/// side. Ties only make it conservative.
[[nodiscard]] ratio_estimate unpaired_ratio(std::span<const double> base, std::span<const double> head, double alpha);
/// What one session says of a measure, of whose logarithm it has several samples.
struct session_estimate {
    double log = 0;       ///< their pseudo-median
    double variance = 0;  ///< of `log`, as far as it is known without other sessions
    double degrees = 0;   ///< degrees of freedom of the variance: samples - 1
};
/// The pseudo-median of the logarithms of samples above 0, and its variance: pi / 3 times that of their mean, which is
/// its large-sample efficiency for normal samples. At least one sample.
[[nodiscard]] session_estimate estimate_of_session(std::span<const double> samples);

/// head / base by Student's t, with a session for the unit. The variance of a session is a weighted mean of two
/// estimates: what the sessions themselves say, and the difference between the sessions of a side. The weights are
/// their degrees of freedom, of which the first counts at most most_prior_degrees (the moderated t of Smyth, 2004, with
/// a prior from the data). Without a first estimate it is the classic t test with equal variances.
/// `common_variance`: of what all sessions of a side share. NaN and no range without a degree of freedom.
[[nodiscard]] ratio_estimate ratio_of_sessions(std::span<const session_estimate> base,
                                               std::span<const session_estimate> head, double common_variance,
                                               double alpha);
inline constexpr double most_prior_degrees = 20;

inline constexpr std::size_t fewest_points_for_a_slope = 4;
/// The slope of a straight line through the second half of a series, by least squares. NaN with fewer points, or if
/// these are all of the same time. Throws std::invalid_argument when the sizes differ.
[[nodiscard]] double slope_per_second(std::span<const double> seconds, std::span<const double> values);

}  // namespace pipebench
