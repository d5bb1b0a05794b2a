// A ranking names a winner only if the rounds suffice; otherwise it names the missing evidence.
#include "analysis/ranking.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>

using namespace pipebench;
using Catch::Approx;

namespace {

struct entrant {
    const char* pattern;
    double time_s;
    double spread = 0.001;  ///< share of the time, added and subtracted alternately (see wobble)
};

/// Alternates differently for every pattern, so that the ratio of similar patterns rises and falls.
double wobble(std::size_t pattern, std::uint64_t round) { return (round >> (pattern % 3)) % 2 == 0 ? 1 : -1; }

session_result session_of(const std::vector<entrant>& entrants, std::uint64_t rounds) {
    session_result s;
    s.rounds = rounds;
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (std::size_t i = 0; i < entrants.size(); ++i) {
            run_result r;
            r.pattern = entrants[i].pattern;
            r.round = round;
            r.time_s = entrants[i].time_s * (1 + entrants[i].spread * wobble(i, round));
            r.cpu_per_order_us = 1000 / r.time_s;
            r.memory.peak_pss_bytes = 10'000'000;
            r.verdict = {verdict_kind::ok, "ok"};
            s.runs.push_back(r);
        }
    return s;
}

ranking on_time(const session_result& s) { return rank(s).at(0); }

std::vector<std::string> order_of(const ranking& r) {
    std::vector<std::string> out;
    for (const auto& p : r.order) out.push_back(p.pattern);
    return out;
}

run_result& run_of(session_result& s, std::string_view pattern, std::uint64_t round) {
    return *std::find_if(s.runs.begin(), s.runs.end(),
                         [&](const auto& r) { return r.pattern == pattern && r.round == round; });
}

const std::vector<entrant> clear_case{{"redis-streams", 24.2}, {"semaphore", 20}, {"thread-pool", 30}};

}  // namespace

TEST_CASE("time, CPU and memory are ranked, each by itself", "[ranking]") {
    const auto rankings = rank(session_of(clear_case, 8));
    REQUIRE(rankings.size() == 3);
    CHECK(rankings[0].what->id == "time_s");
    CHECK(rankings[1].what->id == "cpu_per_order_us");
    CHECK(rankings[2].what->id == "pss_mb");
    CHECK(order_of(rankings[0]) == std::vector<std::string>{"semaphore", "redis-streams", "thread-pool"});
    CHECK(order_of(rankings[1]) == std::vector<std::string>{"thread-pool", "redis-streams", "semaphore"});
    CHECK(order_of(rankings[2]) == std::vector<std::string>{"redis-streams", "semaphore", "thread-pool"});
}

TEST_CASE("a pattern that is ahead in every round wins, by a ratio and its interval", "[ranking]") {
    const auto r = on_time(session_of(clear_case, 8));
    CHECK(r.has_winner());
    CHECK(r.order[0].behind.ratio == 1);
    CHECK(r.order[1].behind.ratio == Approx(1.21).epsilon(0.003));
    CHECK(r.order[2].value == Approx(30).epsilon(0.002));
    CHECK(describe(r) == "time: semaphore wins, 1.21 x before redis-streams (1.21 to 1.21), 8 rounds");
    CHECK(
        describe(rank(session_of(clear_case, 8))[1]).starts_with("CPU per order: thread-pool wins, 1.24 x before "));
}

TEST_CASE("patterns that lead by turns are not separated, and those behind them are named", "[ranking]") {
    const auto r = on_time(session_of(
        {{"semaphore", 20, 0.003}, {"redis-streams", 20.001, 0.003}, {"thread-pool", 25}, {"process-pool", 26}}, 8));
    CHECK_FALSE(r.has_winner());
    CHECK(r.no_verdict.empty());
    CHECK(describe(r) == "time: semaphore and redis-streams are not separated (0.994 to 1.006); "
                         "thread-pool and process-pool are behind");
}

TEST_CASE("one range holds for all that are level, and one pattern is behind in the singular", "[ranking]") {
    const auto s = session_of({{"a", 20, 0.01}, {"b", 20, 0.02}, {"c", 20, 0.05}, {"d", 40}}, 8);
    CHECK(describe(on_time(s)) == "time: a, b and c are not separated (0.94 to 1.06); d is behind");
    CHECK(describe(rank(s)[2]) == "memory: a, b, c and d are not separated (1.00 to 1.00)");
}

TEST_CASE("few rounds give no verdict, and say how many would", "[ranking]") {
    const auto r = on_time(session_of(clear_case, 3));
    CHECK_FALSE(r.has_winner());
    CHECK(r.no_verdict == "3 rounds; a verdict needs 8 (--repeat 8)");
    CHECK(describe(r) == "time: no verdict, 3 rounds; a verdict needs 8 (--repeat 8)");
    CHECK(order_of(r).front() == "semaphore");
    CHECK(on_time(session_of(clear_case, 1)).no_verdict == "1 round; a verdict needs 8 (--repeat 8)");
    CHECK_FALSE(on_time(session_of(clear_case, 7)).no_verdict.empty());
}

TEST_CASE("many patterns need more rounds than eight", "[ranking]") {
    std::vector<entrant> many;
    for (const auto* pattern : {"a", "b", "c", "d", "e", "f", "g", "h"})
        many.push_back({pattern, 10 + 5 * static_cast<double>(many.size())});
    CHECK(on_time(session_of(many, 8)).no_verdict == "8 rounds; a verdict needs 9 (--repeat 9)");
    CHECK(on_time(session_of(many, 9)).has_winner());
}

TEST_CASE("one pattern is not ranked, and neither is none", "[ranking]") {
    CHECK(on_time(session_of({{"semaphore", 20}}, 8)).no_verdict == "one pattern: nothing to rank");
    CHECK(on_time({}).no_verdict == "no run to be trusted");
    CHECK_FALSE(on_time({}).has_winner());
}

TEST_CASE("a pattern without a row to trust is not in the order", "[ranking]") {
    auto s = session_of(clear_case, 8);
    for (auto& run : s.runs)
        if (run.pattern == "semaphore") run.verdict.kind = verdict_kind::not_judged;
    CHECK(order_of(on_time(s)) == std::vector<std::string>{"redis-streams", "thread-pool"});
    CHECK(on_time(s).has_winner());
}

TEST_CASE("a round counts where both patterns can be trusted in it", "[ranking]") {
    auto s = session_of(clear_case, 9);
    run_of(s, "redis-streams", 2).verdict.kind = verdict_kind::not_judged;
    run_of(s, "redis-streams", 2).time_s = 1;
    CHECK(on_time(s).order[1].behind.head_samples == 8);
    CHECK(on_time(s).has_winner());
    run_of(s, "semaphore", 5).interrupted = true;
    CHECK(on_time(s).no_verdict == "7 rounds of semaphore and redis-streams to be trusted; a verdict needs 8");
}

TEST_CASE("rounds are paired by their number, not by their place in the file", "[ranking]") {
    auto s = session_of(clear_case, 8);
    for (auto& run : s.runs) run.time_s *= static_cast<double>(run.round);  // rounds differ, pairs do not
    const auto in_order = describe(on_time(s));
    CHECK(in_order.find("semaphore wins, 1.21 x") != std::string::npos);
    std::rotate(s.runs.begin(), s.runs.begin() + 1, s.runs.begin() + 11);
    std::reverse(s.runs.begin() + 5, s.runs.end());
    CHECK(describe(on_time(s)) == in_order);
}

TEST_CASE("a pattern whose value is 0 has no ratio to the others, and that is said", "[ranking]") {
    auto s = session_of({{"semaphore", 20}, {"thread-pool", 25}}, 8);
    for (auto& run : s.runs)
        if (run.pattern == "semaphore") run.memory.peak_pss_bytes = 0;
    CHECK(rank(s)[2].no_verdict == "no ratio of thread-pool to semaphore: there are values of 0");
}

TEST_CASE("a pattern whose memory is not known is left out of the ranking by memory, and of no other", "[ranking]") {
    auto s = session_of({{"semaphore", 20}, {"thread-pool", 25}}, 8);
    for (auto& run : s.runs)
        if (run.pattern == "semaphore") run.memory.peak_pss_bytes.reset();
    CHECK(rank(s)[2].no_verdict == "one pattern: nothing to rank");
    CHECK(rank(s)[2].order.front().pattern == "thread-pool");
    CHECK(rank(s)[0].order.size() == 2);
}

TEST_CASE("where more is better, the lead is told the same way", "[ranking]") {
    ranking r{find_metric("throughput"), {{"semaphore", 500, {}, false}, {"redis-streams", 400, {}, true}}, ""};
    r.order[1].behind = {0.8, interval{0.75, 0.85, 0.99}, 0.01, 8, 8};
    CHECK(describe(r) == "Orders: semaphore wins, 1.25 x before redis-streams (1.18 to 1.33), 8 rounds");
}

TEST_CASE("a bound close to 1 is given in as many digits as tell it from 1", "[ranking]") {
    ranking r{find_metric("time_s"), {{"a", 1, {}, false}, {"b", 1, {}, true}}, ""};
    r.order[1].behind = {1.003, interval{1.0012, 1.005, 0.99}, 0.01, 8, 8};
    CHECK(describe(r) == "time: a wins, 1.003 x before b (1.001 to 1.005), 8 rounds");
}
