#include "analysis/statistics.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace pipebench {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double mad_of_a_normal = 1.4826;  ///< standard deviation / median distance: 1 / Phi^-1(3/4)
constexpr double z_of_an_outlier = 3.5;
constexpr double distance_of_an_outlier = 0.1;  ///< share of the median
constexpr std::size_t exact_below = 50;  ///< samples on each side; the table of U grows with their fourth power

bool has_nan(std::span<const double> samples) {
    return std::any_of(samples.begin(), samples.end(), [](double x) { return std::isnan(x); });
}

std::vector<double> sorted(std::span<const double> samples) {
    std::vector<double> out(samples.begin(), samples.end());
    std::sort(out.begin(), out.end());
    return out;
}

double squares_around(std::span<const double> samples, double middle) {
    double sum = 0;
    for (const double x : samples) sum += (x - middle) * (x - middle);
    return sum;
}

/// Of the sessions of one side.
struct side_sums {
    double middle = 0;
    double squares = 0;  ///< of the distances from the middle
    double variances = 0, degrees = 0;
};

side_sums side_of(std::span<const session_estimate> sessions) {
    side_sums out;
    std::vector<double> logs;
    for (const auto& s : sessions) {
        logs.push_back(s.log);
        out.variances += s.variance;
        out.degrees += s.degrees;
    }
    out.middle = mean(logs);
    out.squares = squares_around(logs, out.middle);
    return out;
}

/// Equality counts, with a tolerance for rounding.
bool reaches(double p, double alpha) { return p <= alpha * (1 + 1e-12); }

/// A symmetric distribution over 0, 1 .. top.
struct symmetric {
    std::size_t top = 0;
    std::function<double(std::size_t)> at_most;  ///< P(X <= k)

    /// P of a value at least as extreme as k, on both sides.
    [[nodiscard]] double two_sided(std::size_t k) const {
        return std::min(1.0, 2 * std::min(at_most(k), at_most(top - k)));
    }
};

/// The number of rising pairs among n, if rising and falling are equally likely.
symmetric rises(std::size_t n) {
    const boost::math::binomial tosses(static_cast<double>(n), 0.5);
    return {n, [tosses](std::size_t k) { return boost::math::cdf(tosses, static_cast<double>(k)); }};
}

/// P(U = u) without ties, by Mann and Whitney's recursion: the largest of m head and n base samples is from head with
/// probability m / (m + n), and is then larger than all n.
std::vector<double> probabilities_of_u(std::size_t heads, std::size_t bases) {
    std::vector rows(heads + 1, std::vector<double>(heads * bases + 1));
    for (auto& row : rows) row[0] = 1;  // no base samples yet
    for (std::size_t n = 1; n <= bases; ++n)
        for (std::size_t m = 1; m <= heads; ++m) {
            const double from_head = static_cast<double>(m) / static_cast<double>(m + n);
            for (std::size_t u = 0; u <= m * n; ++u)
                rows[m][u] = (1 - from_head) * rows[m][u] + (u < n ? 0 : from_head * rows[m - 1][u - n]);
        }
    return std::move(rows[heads]);
}

symmetric exact_u(std::size_t heads, std::size_t bases) {
    auto at_most = probabilities_of_u(heads, bases);
    std::partial_sum(at_most.begin(), at_most.end(), at_most.begin());
    return {heads * bases, [at_most = std::move(at_most)](std::size_t u) { return at_most[u]; }};
}

/// `ties`: the sum of t^3 - t over all groups of t equal samples.
double deviation_of_u(double heads, double bases, double ties) {
    const double all = heads + bases;
    return std::sqrt(heads * bases / 12 * (all + 1 - ties / (all * (all - 1))));
}

symmetric normal_u(std::size_t heads, std::size_t bases) {
    const double m = static_cast<double>(heads), n = static_cast<double>(bases);
    const boost::math::normal bell(m * n / 2, deviation_of_u(m, n, 0));
    return {heads * bases, [bell](std::size_t u) { return boost::math::cdf(bell, static_cast<double>(u) + 0.5); }};
}

bool is_small(std::size_t heads, std::size_t bases) { return heads < exact_below && bases < exact_below; }

symmetric distribution_of_u(std::size_t heads, std::size_t bases) {
    return is_small(heads, bases) ? exact_u(heads, bases) : normal_u(heads, bases);
}

double pairs_with_larger_head(std::span<const double> base, std::span<const double> head) {
    double u = 0;
    for (const double h : head)
        for (const double b : base) u += h > b ? 1 : h == b ? 0.5 : 0;
    return u;
}

double ties_of(std::span<const double> base, std::span<const double> head) {
    std::vector<double> all(base.begin(), base.end());
    all.insert(all.end(), head.begin(), head.end());
    std::sort(all.begin(), all.end());
    double ties = 0;
    for (auto at = all.begin(); at != all.end();) {
        const auto end = std::upper_bound(at, all.end(), *at);
        const double t = static_cast<double>(end - at);
        ties += t * t * t - t;
        at = end;
    }
    return ties;
}

/// Two-sided; the half is the correction for continuity.
double normal_p(double u, double mean, double deviation) {
    const double distance = std::max(0.0, std::abs(u - mean) - 0.5);
    return deviation > 0 ? 2 * boost::math::cdf(boost::math::normal(), -distance / deviation) : 1;
}

double ratio_of(double base, double head) {
    const double ratio = base > 0 && head > 0 ? head / base : no_number;
    return std::isfinite(ratio) && ratio > 0 ? ratio : no_number;
}

/// Equals exp of the median of the logs.
double middle_ratio(const std::vector<double>& sorted_ratios) {
    const double low = sorted_ratios[(sorted_ratios.size() - 1) / 2], high = sorted_ratios[sorted_ratios.size() / 2];
    return low * std::sqrt(high / low);
}

/// The interval from the k-th smallest to the k-th largest value, with the largest k for which P(X < k) is at most
/// alpha / 2.
std::optional<interval> between_order_statistics(const std::vector<double>& values, const symmetric& d,
                                                 double alpha) {
    std::size_t k = 0, too_many = d.top / 2;  // at_most() rises with k, so bisect
    while (k < too_many) {
        const auto middle = k + (too_many - k) / 2;
        if (reaches(2 * d.at_most(middle), alpha)) k = middle + 1;
        else too_many = middle;
    }
    if (k == 0) return std::nullopt;
    return interval{values[k - 1], values[d.top - k], 1 - 2 * d.at_most(k - 1)};
}

/// Fills in the ratio and its range only. `d.top` is the number of ratios.
ratio_estimate estimate_of(std::vector<double> ratios, const symmetric& d, double alpha) {
    ratio_estimate out;
    out.ratio = no_number;
    if (ratios.empty() || has_nan(ratios)) return out;
    std::sort(ratios.begin(), ratios.end());
    out.ratio = middle_ratio(ratios);
    out.range = between_order_statistics(ratios, d, alpha);
    return out;
}

double sign_test(std::span<const double> base, std::span<const double> head) {
    std::size_t rising = 0, falling = 0;
    for (std::size_t i = 0; i < base.size(); ++i) {
        rising += head[i] > base[i] ? 1u : 0u;
        falling += head[i] < base[i] ? 1u : 0u;
    }
    return rises(rising + falling).two_sided(rising);
}

}  // namespace

double mean(std::span<const double> samples) {
    return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double standard_error(std::span<const double> samples) {
    if (samples.size() < 2) return no_number;
    const double n = static_cast<double>(samples.size());
    return std::sqrt(squares_around(samples, mean(samples)) / (n - 1) / n);
}

double median(std::span<const double> samples) {
    if (samples.empty() || has_nan(samples)) return no_number;
    const auto all = sorted(samples);
    return std::midpoint(all[(all.size() - 1) / 2], all[all.size() / 2]);
}

double pseudo_median(std::span<const double> samples) {
    if (samples.size() > most_samples_for_pairs) return median(samples);
    std::vector<double> means;
    means.reserve(samples.size() * (samples.size() + 1) / 2);
    for (std::size_t i = 0; i < samples.size(); ++i)
        for (std::size_t j = i; j < samples.size(); ++j) means.push_back(std::midpoint(samples[i], samples[j]));
    return median(means);
}

double scaled_mad(std::span<const double> samples) {
    std::vector<double> distances;
    for (const double middle = median(samples); const double x : samples) distances.push_back(std::abs(x - middle));
    return mad_of_a_normal * median(distances);
}

std::vector<std::size_t> outliers(std::span<const double> samples) {
    const double middle = median(samples);
    const double far = std::max(z_of_an_outlier * scaled_mad(samples), distance_of_an_outlier * std::abs(middle));
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < samples.size(); ++i)
        if (std::abs(samples[i] - middle) > far) out.push_back(i);
    return out;
}

ratio_estimate paired_ratio(std::span<const double> base, std::span<const double> head, double alpha) {
    if (base.size() != head.size()) throw std::invalid_argument("pairs need as many samples on both sides");
    std::vector<double> ratios;
    for (std::size_t i = 0; i < base.size(); ++i) ratios.push_back(ratio_of(base[i], head[i]));
    auto out = estimate_of(std::move(ratios), rises(base.size()), alpha);
    out.p = sign_test(base, head);
    out.base_samples = out.head_samples = base.size();
    return out;
}

std::size_t pairs_needed(double alpha) {
    if (!(alpha > 0)) throw std::invalid_argument("alpha must be above 0");
    std::size_t n = 0;
    for (double p = 2; !reaches(p, alpha); p /= 2) ++n;
    return n;
}

rank_sum mann_whitney(std::span<const double> base, std::span<const double> head) {
    if (has_nan(base) || has_nan(head)) return {no_number, 1, false};
    if (base.empty() || head.empty()) return {};
    const double u = pairs_with_larger_head(base, head), ties = ties_of(base, head);
    if (ties == 0 && is_small(head.size(), base.size()))
        return {u, exact_u(head.size(), base.size()).two_sided(static_cast<std::size_t>(u)), true};
    const double m = static_cast<double>(head.size()), n = static_cast<double>(base.size());
    return {u, normal_p(u, m * n / 2, deviation_of_u(m, n, ties)), false};
}

ratio_estimate unpaired_ratio(std::span<const double> base, std::span<const double> head, double alpha) {
    std::vector<double> ratios;
    for (const double h : head)
        for (const double b : base) ratios.push_back(ratio_of(b, h));
    // Without samples on one side, U has no distribution.
    const auto u = ratios.empty() ? symmetric{} : distribution_of_u(head.size(), base.size());
    auto out = estimate_of(std::move(ratios), u, alpha);
    out.p = mann_whitney(base, head).p;  // 1 without samples
    out.base_samples = base.size();
    out.head_samples = head.size();
    return out;
}

session_estimate estimate_of_session(std::span<const double> samples) {
    std::vector<double> logs;
    for (const double x : samples) logs.push_back(std::log(x));
    const double of_mean = logs.size() > 1 ? standard_error(logs) : 0;
    return {pseudo_median(logs), std::numbers::pi / 3 * of_mean * of_mean, static_cast<double>(logs.size()) - 1};
}

ratio_estimate ratio_of_sessions(std::span<const session_estimate> base, std::span<const session_estimate> head,
                                 double common_variance, double alpha) {
    ratio_estimate out{no_number, {}, 1, base.size(), head.size()};
    if (base.empty() || head.empty()) return out;
    const auto a = side_of(base), b = side_of(head);
    const double n = static_cast<double>(base.size()), m = static_cast<double>(head.size());
    const double prior = std::min(a.degrees + b.degrees, most_prior_degrees), own = n + m - 2;
    if (!(prior + own > 0)) return out;
    const double from_within = (a.variances + b.variances) / (n + m);
    const double variance = (prior * from_within + a.squares + b.squares) / (prior + own);
    const double difference = b.middle - a.middle;
    const double error = std::sqrt(variance * (1 / n + 1 / m) + common_variance);
    if (!std::isfinite(difference) || !std::isfinite(error)) return out;
    out.ratio = std::exp(difference);
    const boost::math::students_t t(prior + own);
    const double reach = error * boost::math::quantile(boost::math::complement(t, alpha / 2));
    out.range = interval{std::exp(difference - reach), std::exp(difference + reach), 1 - alpha};
    if (error > 0) out.p = 2 * boost::math::cdf(t, -std::abs(difference) / error);
    else out.p = difference == 0 ? 1 : 0;
    return out;
}

double slope_per_second(std::span<const double> seconds, std::span<const double> values) {
    if (seconds.size() != values.size()) throw std::invalid_argument("a series needs as many values as times");
    if (values.size() < fewest_points_for_a_slope) return no_number;
    const auto x = seconds.subspan(seconds.size() / 2), y = values.subspan(values.size() / 2);
    const double mean_x = mean(x), mean_y = mean(y);
    double products = 0, squares = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        products += (x[i] - mean_x) * (y[i] - mean_y);
        squares += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return squares > 0 ? products / squares : no_number;
}

}  // namespace pipebench
