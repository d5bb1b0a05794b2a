// The answer is what most readers read alone: it must not say more than was measured.
#include "report/answer.hpp"
#include "report/text_table.hpp"
#include "support/sample_result.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// The text of one part of the answer; empty if it has no such part.
std::string part(const session_result& s, std::string_view label) {
    const auto m = model_of(s);
    for (const auto& f : answer(m))
        if (f.label == label) return f.lines.at(0);
    return {};
}

/// Two patterns in so many rounds; the second takes `factor` of the first's time, CPU and memory.
session_result two_patterns(std::uint64_t rounds, double factor) {
    auto s = test::sample_session();
    const auto one = s.runs[1], two = s.runs[3];
    s.runs.clear();
    s.rounds = rounds;
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        const double noise = 1 + 0.001 * static_cast<double>(round);
        for (auto run : {one, two}) {
            const double f = noise * (run.pattern == two.pattern ? factor : 1);
            run.round = round;
            run.verdict = {verdict_kind::ok, "ok"};
            run.time_s = 20 * f;
            run.efficiency = 0.8;
            run.cpu_per_order_us = 100 * f;
            run.memory.peak_pss_bytes = static_cast<std::uint64_t>(1e7 * f);
            s.runs.push_back(run);
        }
    }
    return s;
}

}  // namespace

TEST_CASE("one round is called an impression, and names the first and how far the others are behind", "[answer]") {
    const auto s = two_patterns(1, 1.5);
    CHECK_THAT(part(s, "Fastest"), ContainsSubstring("semaphore, 20.02 s") && ContainsSubstring("thread-pool 1.50x"));
    CHECK_THAT(part(s, "Cheapest"), ContainsSubstring("semaphore, 100 us of CPU per order; then thread-pool 1.50x"));
    CHECK_THAT(part(s, "Smallest"), ContainsSubstring("semaphore, 10.0 MB (PSS); then thread-pool 1.50x"));
    CHECK_THAT(part(s, "Failed"), ContainsSubstring("nothing: 20,000 orders stored, each in one row"));
    CHECK_THAT(part(s, "How sure"), ContainsSubstring("one round is an impression: --repeat 8"));
    CHECK(part(s, "Production").empty());
}

TEST_CASE("eight rounds give a verdict with its interval, or say that two cannot be told apart", "[answer]") {
    CHECK_THAT(part(two_patterns(8, 1.5), "Fastest"),
               ContainsSubstring("semaphore, 20.09 s") &&
                   ContainsSubstring("then thread-pool 1.500x (1.500 to 1.500)"));
    auto close = two_patterns(8, 1);
    for (auto& run : close.runs)
        if (run.pattern == "thread-pool" && run.round % 2 == 0) run.time_s *= 1.02;
        else if (run.pattern == "thread-pool") run.time_s *= 0.98;
    CHECK_THAT(part(close, "Fastest"), ContainsSubstring("cannot be told apart"));
    CHECK_THAT(part(close, "How sure"), ContainsSubstring("8 rounds"));
}

TEST_CASE("a pattern with more in flight than others is said to have it", "[answer]") {
    auto s = two_patterns(1, 0.1);
    s.runs[1].in_flight_limit = 10'000;
    CHECK_THAT(part(s, "Fastest"), ContainsSubstring("thread-pool, 2.00 s with 10,000 in flight ("));
    CHECK_THAT(part(two_patterns(1, 2), "Fastest"), !ContainsSubstring("in flight"));
}

TEST_CASE("rounds that were asked for and cannot give a verdict are said to give none", "[answer]") {
    auto half = two_patterns(8, 1.5);
    half.runs[1].memory.peak_pss_bytes.reset();
    CHECK_THAT(part(half, "Smallest"), ContainsSubstring("; no verdict: 7 rounds"));
}

TEST_CASE("patterns at their floor are said not to differ by their time", "[answer]") {
    auto s = two_patterns(1, 1.01);
    for (auto& run : s.runs) run.verdict = {verdict_kind::at_floor, "ok, at its floor"};
    CHECK_THAT(part(s, "Fastest"), ContainsSubstring("semaphore and thread-pool are at their floor"));
}

TEST_CASE("a pattern that is not to be trusted has no part in the answer but under what failed", "[answer]") {
    auto s = two_patterns(1, 0.5);
    s.runs[1].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    CHECK_THAT(part(s, "Fastest"), ContainsSubstring("semaphore") && !ContainsSubstring("thread-pool"));
    CHECK_THAT(part(s, "Failed"), ContainsSubstring("not to be trusted: thread-pool"));
    s.runs[0].verdict = s.runs[1].verdict;
    CHECK(part(s, "Fastest").empty());
    CHECK(part(s, "How sure").empty());
    CHECK_THAT(part(s, "Failed"), ContainsSubstring("not to be trusted: semaphore and thread-pool"));
}

TEST_CASE("a pattern that failed orders is not the first, unless all did", "[answer]") {
    auto s = two_patterns(1, 0.5);
    const auto fail = [](run_result& run) {
        run.failed = 1;
        --run.stored;
    };
    CHECK_THAT(part(s, "Fastest"), StartsWith("thread-pool"));
    fail(s.runs[1]);
    CHECK_THAT(part(s, "Fastest"), StartsWith("semaphore") && !ContainsSubstring("thread-pool"));
    fail(s.runs[0]);
    CHECK_THAT(part(s, "Fastest"), StartsWith("thread-pool"));
}

TEST_CASE("lost and failed orders are named", "[answer]") {
    auto s = two_patterns(1, 2);
    s.runs[0].ledger.lost = 3;
    s.runs[0].verdict = {verdict_kind::invalid_ledger, "INVALID: 3 lost"};
    s.runs[1].failed = 100;
    s.runs[1].stored -= 100;
    CHECK_THAT(part(s, "Failed"), ContainsSubstring("THE LEDGER DOES NOT BALANCE: semaphore") &&
                                      ContainsSubstring("orders not stored: thread-pool (1.00 %)"));
}

TEST_CASE("what is not known of a pattern is said, and not counted as nothing", "[answer]") {
    auto s = two_patterns(1, 2);
    s.runs[1].memory.peak_pss_bytes.reset();
    CHECK_THAT(part(s, "Smallest"), ContainsSubstring("semaphore, 10.0 MB (PSS); not known of thread-pool"));
}

TEST_CASE("a short run is said to show factors alone", "[answer]") {
    auto s = two_patterns(1, 2);
    for (auto& run : s.runs) run.orders = run.stored = 500;
    CHECK_THAT(part(s, "How sure"),
               ContainsSubstring("one round of 500 orders") && ContainsSubstring("no per cents"));
}

TEST_CASE("nothing measured is no answer", "[answer]") {
    auto s = test::sample_session();
    s.runs.clear();
    CHECK(answer(model_of(s)).empty());
}

TEST_CASE("no line of a report is wider than its terminal, at any width and with every session", "[answer][text]") {
    for (const auto& s : {test::sample_session(), test::troubled_session(), two_patterns(8, 1.2)})
        for (const std::size_t width : {80u, 100u, 120u, 200u})
            for (const bool details : {false, true}) {
                CAPTURE(width, details);
                CHECK(test::widest_line(render_text(model_of(s), {colours::off, width, details})) <= width);
            }
}
