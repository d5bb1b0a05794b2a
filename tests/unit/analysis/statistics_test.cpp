// Cases that a reader can compute by hand, and samples that R refuses: empty ones, zeros, infinities.
// tests/integration/statistics_against_r_test.cpp compares the other cases with R.
#include "analysis/statistics.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

using namespace pipebench;
using Catch::Approx;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using samples = std::vector<double>;

const samples base{10, 11, 12, 13, 14, 15, 16, 17};

samples times(const samples& xs, double factor) {
    samples out;
    for (const double x : xs) out.push_back(x * factor);
    return out;
}

/// Checks that the estimate is empty.
void check_no_ratio(const ratio_estimate& e) {
    CHECK(std::isnan(e.ratio));
    CHECK_FALSE(e.range);
}

}  // namespace

TEST_CASE("the median is the middle one, or lies between the middle two", "[statistics]") {
    CHECK(median(samples{3, 1, 2}) == 2);
    CHECK(median(samples{4, 1, 3, 2}) == 2.5);
    CHECK(median(samples{7}) == 7);
}

TEST_CASE("the pseudo-median is the middle of the means of all pairs", "[statistics]") {
    CHECK(pseudo_median(samples{7}) == 7);
    CHECK(pseudo_median(samples{1, 2, 4}) == 2.25);  // 1, 1.5, 2, 2.5, 3, 4
    CHECK(pseudo_median(samples{1, 2, 3, 4, 1e9}) == 3);
    CHECK(std::isnan(pseudo_median(samples{})));
    samples many(most_samples_for_pairs + 1, 1.0);
    many.front() = 1e9;
    CHECK(pseudo_median(many) == 1);
    CHECK(std::isnan(pseudo_median(samples{1, no_number})));
}

TEST_CASE("a session's samples say how uncertain its middle is, and one alone says nothing", "[statistics]") {
    const double e = std::exp(1.0);
    const auto three = estimate_of_session(samples{1, e, e * e});
    CHECK(three.log == Approx(1));
    CHECK(three.variance == Approx(std::acos(-1.0) / 3 / 3));  // of the logarithms: 1
    CHECK(three.degrees == 2);
    CHECK(estimate_of_session(samples{e}).degrees == 0);
    CHECK(estimate_of_session(samples{e}).variance == 0);
}

TEST_CASE("sessions without a degree of freedom, or without end, have no ratio", "[statistics]") {
    const std::vector<session_estimate> one{{1, 0, 0}}, sure{{1, 0.01, 7}}, endless{{infinity, 0.01, 7}}, none;
    check_no_ratio(ratio_of_sessions(one, one, 0, 0.05));
    check_no_ratio(ratio_of_sessions(sure, none, 0, 0.05));
    check_no_ratio(ratio_of_sessions(none, sure, 0, 0.05));
    check_no_ratio(ratio_of_sessions(endless, endless, 0, 0.05));
    CHECK(ratio_of_sessions(sure, sure, 0, 0.05).ratio == Approx(1));
    CHECK(ratio_of_sessions(sure, sure, 0, 0.05).p == Approx(1));
}

TEST_CASE("sessions that are sure of themselves and differ are different", "[statistics]") {
    const std::vector<session_estimate> here{{0, 0, 7}}, there{{1, 0, 7}};
    CHECK(ratio_of_sessions(here, there, 0, 0.05).p == 0);
    CHECK(ratio_of_sessions(here, here, 0, 0.05).p == 1);
    CHECK(ratio_of_sessions(here, there, 1, 0.05).p > 0.3);  // what they share may be the reason
}

TEST_CASE("the mean has an error from two samples on", "[statistics]") {
    CHECK(mean(samples{1, 2, 6}) == 3);
    CHECK(std::isnan(mean(samples{})));
    CHECK(standard_error(samples{1, 2, 3}) == Approx(1 / std::sqrt(3.0)));
    CHECK(std::isnan(standard_error(samples{7})));
}

TEST_CASE("nothing, and what is no number, has no median and no deviation", "[statistics]") {
    for (const auto& none : {samples{}, samples{1, no_number, 3}}) {
        CHECK(std::isnan(median(none)));
        CHECK(std::isnan(scaled_mad(none)));
        CHECK(outliers(none).empty());
    }
}

TEST_CASE("one wild sample does not move the deviation", "[statistics]") {
    CHECK(scaled_mad(samples{1, 2, 3, 4, 5}) == Approx(1.4826));
    CHECK(scaled_mad(samples{1, 2, 3, 4, 5000}) == Approx(1.4826));
}

TEST_CASE("an outlier is far from the others in both senses", "[statistics]") {
    CHECK(outliers(samples{10, 10.1, 9.9, 10.05, 13, 9.95, 5}) == std::vector<std::size_t>{4, 6});
    CHECK(outliers(samples{10, 10.001, 9.999, 10.0005, 10.9}).empty());  // a high Z-score, but less than 10 %
    CHECK(outliers(samples{10, 20, 30, 40, 50}).empty());                // more than 10 %, but a low Z-score
    CHECK(outliers(samples{10, 10, 10, 10, 11.5}) == std::vector<std::size_t>{4});
}

TEST_CASE("pairs that all rise by the same factor have that ratio, as sure as eight tosses can be", "[statistics]") {
    const auto e = paired_ratio(base, times(base, 1.25), 0.05);
    CHECK(e.ratio == 1.25);
    CHECK(e.p == Approx(2.0 / 256));
    REQUIRE(e.range);
    CHECK(e.range->low == 1.25);
    CHECK(e.range->high == 1.25);
    CHECK(e.range->confidence == Approx(1 - 2.0 / 256));
    CHECK(e.base_samples == 8);
    CHECK(e.head_samples == 8);
}

TEST_CASE("a pair without a difference counts for the ratio and not for the sign test", "[statistics]") {
    const auto e = paired_ratio(samples{1, 1, 1}, samples{2, 1, 2}, 0.5);
    CHECK(e.ratio == 2);
    CHECK(e.p == Approx(0.5));
    CHECK(paired_ratio(base, base, 0.05).p == 1);
}

TEST_CASE("sides that change places turn the ratio and its interval upside down", "[statistics]") {
    const samples head{12, 11.5, 14, 13.5, 18, 15.5, 19, 16};
    for (const auto estimate : {paired_ratio, unpaired_ratio}) {
        const auto there = estimate(base, head, 0.05), back = estimate(head, base, 0.05);
        CHECK(there.ratio == Approx(1 / back.ratio));
        CHECK(there.range.value().low == Approx(1 / back.range.value().high));
        CHECK(there.p == Approx(back.p));
    }
}

TEST_CASE("an interval that the samples cannot give is not given", "[statistics]") {
    const samples few{1, 2, 3, 4, 5}, more{6, 7, 8, 9, 10};
    CHECK_FALSE(paired_ratio(few, more, 0.05).range);
    CHECK(paired_ratio(few, more, 0.0625).range);  // 2^-4, exactly
    const samples three{1, 2, 3}, three_more{4, 5, 6};
    CHECK_FALSE(unpaired_ratio(three, three_more, 0.05).range);
    CHECK(unpaired_ratio(three, three_more, 0.1).range.value().confidence == Approx(0.9));  // 2 / 20, exactly
}

TEST_CASE("the interval excludes 1 just where the exact test finds something", "[statistics]") {
    int found = 0;
    for (double shift = 0; shift < 8; shift += 0.3) {
        samples head;
        for (const double x : base) head.push_back(x + shift + 0.01);
        const auto e = unpaired_ratio(base, head, 0.05);
        CAPTURE(shift);
        CHECK((e.p <= 0.05) == !e.range.value().contains(1));
        found += e.p <= 0.05 ? 1 : 0;
    }
    CHECK((found > 0 && found < 26));
}

TEST_CASE("an alpha that is none, or all, breaks nothing", "[statistics]") {
    for (const double alpha : {-1.0, 0.0, no_number}) CHECK_FALSE(paired_ratio(base, times(base, 2), alpha).range);
    const auto all = paired_ratio(base, samples{12, 11.5, 14, 13.5, 18, 15.5, 19, 16}, 2).range;
    CHECK(all.value().low < all.value().high);
    for (const double alpha : {-1.0, 0.0, no_number}) {
        CHECK_THROWS_AS(pairs_needed(alpha), std::invalid_argument);
    }
}

TEST_CASE("pairs of which one side is missing are a mistake of the caller", "[statistics]") {
    CHECK_THROWS_AS(paired_ratio(base, samples{1, 2}, 0.05), std::invalid_argument);
}

TEST_CASE("zeros have no ratio, but an order", "[statistics]") {
    const samples zeros(8, 0.0);
    check_no_ratio(paired_ratio(zeros, base, 0.05));
    CHECK(paired_ratio(zeros, base, 0.05).p == Approx(2.0 / 256));
    check_no_ratio(unpaired_ratio(base, zeros, 0.05));
    CHECK(unpaired_ratio(base, zeros, 0.05).p < 0.001);
    for (const auto estimate : {paired_ratio, unpaired_ratio}) {
        check_no_ratio(estimate(zeros, zeros, 0.05));
        CHECK(estimate(zeros, zeros, 0.05).p == 1);
    }
}

TEST_CASE("one sample that is no number, or negative, leaves no ratio and no crash", "[statistics]") {
    for (const double odd : {no_number, infinity, -infinity, -1.0}) {
        auto head = times(base, 2);
        head[3] = odd;
        CAPTURE(odd);
        for (const auto estimate : {paired_ratio, unpaired_ratio}) {
            check_no_ratio(estimate(base, head, 0.05));
            CHECK(estimate(head, base, 0.05).p <= 1);
        }
    }
}

TEST_CASE("two negative samples have no ratio, although their quotient is positive", "[statistics]") {
    for (const auto estimate : {paired_ratio, unpaired_ratio})
        check_no_ratio(estimate(times(base, -1), times(base, -2), 0.05));
}

TEST_CASE("a ratio that no double can hold is none", "[statistics]") {
    for (const auto estimate : {paired_ratio, unpaired_ratio}) {
        check_no_ratio(estimate(times(base, 1e-300), times(base, 1e300), 0.05));
        check_no_ratio(estimate(times(base, 1e300), times(base, 1e-300), 0.05));
    }
}

TEST_CASE("nothing on one side says nothing", "[statistics]") {
    const samples none, many(60, 1.0);
    for (const auto& other : {none, base, many}) {
        check_no_ratio(unpaired_ratio(none, other, 0.05));
        check_no_ratio(unpaired_ratio(other, none, 0.05));
        CHECK(mann_whitney(other, none).p == 1);
    }
    check_no_ratio(paired_ratio(none, none, 0.05));
    CHECK(paired_ratio(none, none, 0.05).p == 1);
}

TEST_CASE("U counts the pairs in which the head is larger, ties as a half", "[statistics]") {
    CHECK(mann_whitney(samples{1, 2, 3}, samples{4, 5, 6}).u == 9);
    CHECK(mann_whitney(samples{4, 5, 6}, samples{1, 2, 3}).u == 0);
    CHECK(mann_whitney(samples{1, 3}, samples{2, 3}).u == 2.5);
    CHECK(mann_whitney(samples{1, 2, 3}, samples{4, 5, 6}).p == Approx(0.1));
}

TEST_CASE("U is exact below 50 samples a side and without ties", "[statistics]") {
    samples odd, even;
    for (int i = 0; i < 49; ++i) odd.push_back(2 * i + 1), even.push_back(2 * i + 2);
    CHECK(mann_whitney(odd, even).exact);
    CHECK_FALSE(mann_whitney(odd, odd).exact);
    even.push_back(1000);
    CHECK_FALSE(mann_whitney(odd, even).exact);
    CHECK_FALSE(mann_whitney(even, odd).exact);
}

TEST_CASE("samples that are all equal differ in nothing", "[statistics]") {
    const samples fives(6, 5.0);
    const auto e = unpaired_ratio(fives, fives, 0.05);
    CHECK(e.p == 1);
    CHECK(e.ratio == 1);
    CHECK(e.range.value().contains(1));
}

TEST_CASE("from this many samples on a test can find something, and not with one less", "[statistics]") {
    CHECK(pairs_needed(0.05) == 6);
    CHECK(pairs_needed(0.0625) == 5);
    CHECK(pairs_needed(0.05 / 4) == 8);
    // Of Mann-Whitney's test: 2 / (2n choose n) <= alpha.
    for (const auto& [alpha, n] : {std::pair(0.05, 4u), {0.1, 3u}, {0.05 / 5, 5u}, {0.001, 7u}, {1e-6, 12u}}) {
        const samples pairs(pairs_needed(alpha), 1.0), singles(n, 1.0);
        CAPTURE(alpha);
        CHECK(paired_ratio(pairs, pairs, alpha).range);
        CHECK(unpaired_ratio(singles, singles, alpha).range);
        const auto less = std::span(pairs).subspan(1), less_singles = std::span(singles).subspan(1);
        CHECK_FALSE(paired_ratio(less, less, alpha).range);
        CHECK_FALSE(unpaired_ratio(less_singles, less_singles, alpha).range);
    }
}

TEST_CASE("the slope is that of the second half, so that a start does not count", "[statistics]") {
    const samples seconds{0, 1, 2, 3, 4, 5, 6, 7};
    CHECK(slope_per_second(seconds, samples{900, 0, 70, 3, 10, 12, 14, 16}) == Approx(2));
    CHECK(slope_per_second(seconds, samples{1, 2, 3, 4, 5, 5, 5, 5}) == 0);
    CHECK(slope_per_second(times(seconds, 0.5), times(base, -3)) == Approx(-6));
    CHECK(slope_per_second(samples{0, 1, 2, 3, 4}, samples{50, 50, 1, 4, 4}) == Approx(1.5));  // the last three
}

TEST_CASE("the line lies where the squares of the distances are the least", "[statistics]") {
    CHECK(slope_per_second(samples{0, 0, 0, 0, 1, 2, 3, 4}, samples{0, 0, 0, 0, 6, 5, 7, 10}) == Approx(1.4));
}

TEST_CASE("the times need not be even, nor start at zero", "[statistics]") {
    CHECK(slope_per_second(samples{1e9, 1e9 + 1, 1e9 + 2, 1e9 + 5, 1e9 + 6}, samples{0, 0, 4, 10, 12}) == Approx(2));
}

TEST_CASE("too short a series, or one without a spread in time, has no slope", "[statistics]") {
    CHECK(std::isnan(slope_per_second(samples{}, samples{})));
    CHECK(std::isnan(slope_per_second(samples{0, 1, 2}, samples{0, 1, 2})));
    CHECK(slope_per_second(samples{0, 1, 2, 3}, samples{0, 1, 2, 3}) == 1);
    CHECK(std::isnan(slope_per_second(samples{0, 1, 2, 2}, samples{0, 1, 2, 3})));
    CHECK(std::isnan(slope_per_second(samples{0, 1, 2, 3}, samples{0, 1, 2, no_number})));
    CHECK_THROWS_AS(slope_per_second(samples{0, 1, 2, 3}, samples{0, 1, 2}), std::invalid_argument);
}
