// Readers of percentiles never see the samples, so these tests compare them with all sorted samples.
#include "measure/histogram.hpp"

#include "contracts/recorder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

/// Sorted latencies of various distributions, in microseconds.
std::vector<double> samples_of(std::uint64_t seed, std::size_t number) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> body(11, 0.1 + 0.5 * static_cast<double>(seed % 4));
    std::exponential_distribution<double> tail(1e-6);
    std::vector<double> out(number);
    for (double& us : out) us = std::clamp(random() % 50 == 0 ? tail(random) : body(random), 2.0, 9e8);
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::uint64_t> counts_of(const std::vector<double>& samples_us) {
    std::vector<std::uint64_t> counts(latency_bins);
    for (const double us : samples_us) ++counts[latency_bin(std::chrono::nanoseconds(std::llround(us * 1000)))];
    return counts;
}

/// The smallest sample that a share `p` of them does not exceed.
double exact_ms(const std::vector<double>& sorted_us, double p) {
    const auto rank = std::max(1.0, std::ceil(p * static_cast<double>(sorted_us.size())));
    return sorted_us[static_cast<std::size_t>(rank) - 1] / 1000;
}

}  // namespace

TEST_CASE("a percentile is never understated, and overstated by 1 % at the most", "[histogram]") {
    const auto seed = GENERATE(range(1u, 9u));
    const std::size_t number = GENERATE(1u, 2u, 10u, 999u, 10'000u);
    const auto samples = samples_of(seed, number);
    const auto counts = counts_of(samples);
    for (const double p : {0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
        const double given = percentile_ms(counts, p), exact = exact_ms(samples, p);
        CAPTURE(seed, number, p, given, exact);
        CHECK(given >= exact * (1 - 1e-6));  // samples are rounded to nanoseconds before they are counted
        CHECK(given <= exact * 1.01 * (1 + 1e-3));
    }
}

TEST_CASE("without observations every percentile is 0", "[histogram]") {
    CHECK(percentile_ms(std::vector<std::uint64_t>(latency_bins), 0.5) == 0);
}

TEST_CASE("observations at either end of the scale are found there", "[histogram]") {
    std::vector<std::uint64_t> counts(latency_bins);
    counts.front() = 1;
    counts.back() = 1;
    CHECK(percentile_ms(counts, 0.5) <= 0.00102);
    CHECK(percentile_ms(counts, 1) >= 1e6);  // 1,000 s
}

TEST_CASE("a summary has its percentiles in order, and none above the largest latency", "[histogram]") {
    auto record = recorder::create(1000);
    for (order_id id = 1; id <= 1000; ++id)
        record.log().end({id, std::chrono::steady_clock::now() - id * 10ms}, outcome{});
    const auto s = summarise(record.service());
    CHECK(s.p50_ms >= 5'000);
    CHECK(s.p50_ms < 5'100);
    CHECK(s.p90_ms >= 9'000);
    CHECK(s.p99_ms >= 9'900);
    CHECK(s.p999_ms >= 9'990);
    CHECK(s.max_ms >= 10'000);
    CHECK(s.p999_ms <= s.max_ms);  // although the edge of its bin may be larger
    CHECK(s.mean_ms >= 5'005);
    CHECK(s.mean_ms < 5'105);
}

TEST_CASE("of one order every number is its latency", "[histogram]") {
    auto record = recorder::create(1);
    record.log().end({1, std::chrono::steady_clock::now() - 100ms}, outcome{});
    const auto s = summarise(record.service());
    CHECK(s.max_ms >= 100);
    for (const double ms : {s.mean_ms, s.p50_ms, s.p90_ms, s.p99_ms, s.p999_ms}) CHECK(ms == s.max_ms);
}

TEST_CASE("a run in which nothing ended has no latencies", "[histogram]") {
    const auto s = summarise(recorder::create(10).service());
    for (const double ms : {s.mean_ms, s.p50_ms, s.p99_ms, s.max_ms}) CHECK(std::isnan(ms));
}
