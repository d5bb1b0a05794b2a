// Compares the statistics of a verdict with those of R, an independent and established implementation. The samples
// are made up, recorded, or random with a seed. Rscript runs once over all of them.
#include "analysis/statistics.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

using namespace pipebench;
using Catch::Matchers::WithinRel;

namespace {

constexpr double tolerance = 1e-9;

struct sample_pair {
    std::vector<double> base, head;
    double alpha = 0.05;
};

/// In the order in which statistics.R prints it.
enum said {
    median_,
    mad_,
    u_,
    p_,
    exact_,
    shift_,
    low_,
    high_,
    confidence_,
    sign_p_,
    paired_,
    paired_low_,
    paired_high_,
    paired_confidence_,
    pseudo_,
    t_ratio_,
    t_p_,
    t_low_,
    t_high_,
    moderated_ratio_,
    moderated_p_,
    moderated_low_,
    moderated_high_,
    said_count
};
using r_answer = std::vector<double>;

/// Made-up samples of the magnitude of times in seconds. Rounding causes the ties of the third pair.
std::vector<sample_pair> made_up() {
    const std::vector<double> semaphore{20.23, 20.31, 20.19, 20.44, 20.27, 20.25, 20.38, 20.22};
    const std::vector<double> streams{20.64, 20.71, 20.52, 20.93, 20.58, 20.36, 20.77, 20.61};
    const std::vector<double> rounded{20.2, 20.3, 20.2, 20.4, 20.3, 20.3, 20.4, 20.2};
    const std::vector<double> rounded_too{20.3, 20.3, 20.3, 20.5, 20.3, 20.4, 20.4, 20.5};
    return {{semaphore, streams}, {streams, semaphore}, {rounded, rounded_too}, {semaphore, semaphore}};
}

/// Recorded by `pipebench gate`, twelve rounds on a busy machine with two cores: CPU per order in us, times in s.
std::vector<sample_pair> recorded() {
    return {
        {{19.627, 19.2164, 18.7596, 17.3366, 16.3552, 18.3408, 22.1932, 18.7396, 20.6282, 19.9652, 19.7916, 22.0676},
         {16.5194, 18.618, 19.3638, 19.47, 17.2028, 19.7092, 20.1176, 18.521, 19.5566, 19.5906, 20.1484, 21.0982}},
        {{0.579922, 0.644622, 0.55274, 0.56983, 0.620062, 0.334108, 0.399653, 0.54864, 0.304998, 0.321701, 0.325639,
          0.457533},
         {0.581112, 0.497168, 0.481082, 0.609526, 0.539782, 0.436607, 0.446645, 0.407987, 0.426537, 0.294476,
          0.295052, 0.397459}},
        {{56.6514, 50.3084, 47.7456, 49.9278, 45.3116, 36.3852, 44.9546, 50.194, 43.8696, 48.8418, 50.7602, 39.6616},
         {48.1624, 56.761, 42.594, 58.4514, 44.3282, 41.5612, 48.514, 46.0576, 44.746, 44.8546, 41.7834, 39.135}}};
}

/// Samples within 5 % of `centre`. A `step` above 0 rounds them to multiples of it, which causes ties.
std::vector<double> random_samples(std::mt19937_64& random, std::size_t n, double centre, double step) {
    std::lognormal_distribution<double> noise(std::log(centre), 0.05);
    std::vector<double> out(n);
    for (auto& x : out) {
        x = noise(random);
        if (step > 0) x = std::round(x / step) * step;
    }
    return out;
}

std::vector<sample_pair> all_cases() {
    auto out = made_up();
    for (auto& pair : recorded()) out.push_back(std::move(pair));
    std::mt19937_64 random(20251103);
    constexpr std::size_t sizes[][2] = {{2, 2},   {3, 3},   {4, 4},   {5, 5},   {6, 6},   {8, 8},   {12, 12},
                                        {20, 20}, {2, 6},   {6, 2},   {1, 5},   {3, 20},  {9, 7},   {48, 31},
                                        {49, 49}, {49, 50}, {50, 49}, {50, 50}, {51, 51}, {10, 60}, {80, 70}};
    for (const auto& [bases, heads] : sizes)
        for (const double step : {0.0, 0.25, 1.0})
            for (const double alpha : {0.05, 0.0125, 0.001})
                out.push_back(
                    {random_samples(random, bases, 20, step), random_samples(random, heads, 20.6, step), alpha});
    return out;
}

/// Parses the numbers of a line; "NA" is NaN.
r_answer numbers_in(const std::string& line) {
    r_answer out;
    std::istringstream in(line);
    for (std::string word; in >> word;) out.push_back(word == "NA" ? std::nan("") : std::stod(word));
    return out;
}

std::vector<r_answer> ask_r(const std::vector<sample_pair>& cases) {
    const test::private_directory files;
    const auto path = files / "cases";
    std::ofstream out(path);
    for (const auto& c : cases)
        out << fmt::format("{}\n{}\n{}\n", c.alpha, fmt::join(c.base, " "), fmt::join(c.head, " "));
    out.close();
    const auto end =
        test::run({{"Rscript", "--vanilla", PIPEBENCH_SOURCE_DIR "/tests/support/statistics.R", path}, {}});
    INFO(end.err);
    REQUIRE(end.code == 0);
    std::vector<r_answer> answers;
    for (const auto& line : test::lines_of(end.out)) answers.push_back(numbers_in(line));
    return answers;
}

void check_number(const char* what, double ours, double theirs) {
    INFO(what);
    if (std::isnan(theirs)) CHECK(std::isnan(ours));
    else CHECK_THAT(ours, WithinRel(theirs, tolerance));
}

void check_estimate(const ratio_estimate& ours, double ratio, double p, std::span<const double> range, double alpha) {
    check_number("ratio", ours.ratio, ratio);
    check_number("p", ours.p, p);
    REQUIRE(ours.range.has_value() == !std::isnan(range[0]));
    if (!ours.range) return;
    check_number("low", ours.range->low, range[0]);
    check_number("high", ours.range->high, range[1]);
    check_number("confidence", ours.range->confidence, range[2]);
    CHECK(ours.range->confidence >= 1 - alpha);
}

/// The sessions of statistics.R.
std::vector<session_estimate> sessions_of(const std::vector<double>& samples, double variance, double degrees) {
    std::vector<session_estimate> out;
    for (const double x : samples)
        out.push_back({std::log(x), variance * static_cast<double>(out.size() + 1), degrees});
    return out;
}

void check_t(const ratio_estimate& ours, std::span<const double> theirs, double alpha) {
    check_number("ratio", ours.ratio, theirs[0]);
    check_number("p", ours.p, theirs[1]);
    REQUIRE(ours.range);
    check_number("low", ours.range->low, theirs[2]);
    check_number("high", ours.range->high, theirs[3]);
    check_number("confidence", ours.range->confidence, 1 - alpha);
}

void check_sessions(const sample_pair& c, const r_answer& r) {
    check_number("pseudo-median", pseudo_median(c.head), r[pseudo_]);
    const auto all = std::span(r);
    if (!std::isnan(r[t_ratio_]))
        check_t(ratio_of_sessions(sessions_of(c.base, 0, 0), sessions_of(c.head, 0, 0), 0, c.alpha),
                all.subspan(t_ratio_, 4), c.alpha);
    check_t(ratio_of_sessions(sessions_of(c.base, 1e-4, 3), sessions_of(c.head, 1e-4, 3), 0.0002, c.alpha),
            all.subspan(moderated_ratio_, 4), c.alpha);
}

/// With ties R approximates its interval; ours is then compared with the one from R's quantiles (statistics.R).
void check_case(const sample_pair& c, const r_answer& r) {
    check_number("median", median(c.head), r[median_]);
    check_number("mad", scaled_mad(c.head), r[mad_]);
    const auto u = mann_whitney(c.base, c.head);
    check_number("W", u.u, r[u_]);
    check_number("p", u.p, r[p_]);
    CHECK(u.exact == (r[exact_] == 1));
    check_estimate(unpaired_ratio(c.base, c.head, c.alpha), r[shift_], r[p_], std::span(r).subspan(low_, 3), c.alpha);
    check_sessions(c, r);
    if (c.base.size() != c.head.size()) return;
    check_estimate(paired_ratio(c.base, c.head, c.alpha), r[paired_], r[sign_p_],
                   std::span(r).subspan(paired_low_, 3), c.alpha);
}

}  // namespace

TEST_CASE("R says the same of every sample", "[statistics][r]") {
    const auto cases = all_cases();
    const auto answers = ask_r(cases);
    REQUIRE(answers.size() == cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        CAPTURE(i, cases[i].base, cases[i].head, cases[i].alpha);
        REQUIRE(answers[i].size() == said_count);
        check_case(cases[i], answers[i]);
    }
}
