// The summary row of several rounds must not hide a bad round. Advice must not repeat what was already done.
#include "analysis/summary.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

using namespace pipebench;
using Catch::Approx;

namespace {

run_result run_in(const std::string& pattern, std::uint64_t round, double time_s) {
    run_result r;
    r.pattern = pattern;
    r.round = round;
    r.orders = r.stored = 100;
    r.time_s = time_s;
    r.cpu_per_order_us = 50;
    r.verdict = {verdict_kind::ok, "ok"};
    return r;
}

/// One pattern with one round per time.
session_result session_of(const std::vector<double>& times, const std::string& pattern = "semaphore") {
    session_result s;
    s.rounds = times.size();
    for (std::size_t i = 0; i < times.size(); ++i) s.runs.push_back(run_in(pattern, i + 1, times[i]));
    return s;
}

pattern_summary only(const session_result& s) {
    const auto all = summarise(s);
    REQUIRE(all.size() == 1);
    return all.front();
}

/// Noisy, but without an outlier or a short run, and the first round is not the slowest.
const std::vector<double> noisy{10, 11.5, 8.5, 10.8, 9.2, 10.1};

/// The only line of advice, which is about noise.
std::string noise_advice(const session_result& s) {
    const auto lines = advice(s, summarise(s));
    REQUIRE(lines.size() == 1);
    const std::string lead = "noisy (~): semaphore: ";
    REQUIRE(lines.front().starts_with(lead));
    return lines.front().substr(lead.size());
}

}  // namespace

TEST_CASE("one round is its own summary, and has no spread", "[summary]") {
    auto s = session_of({10});
    s.runs[0].verdict = {verdict_kind::invalid_debug_build, "INVALID: debug build"};
    const auto one = only(s);
    CHECK(one.rounds == 1);
    CHECK(one.typical.time_s == 10);
    CHECK(one.typical.verdict.text == "INVALID: debug build");
    CHECK(std::isnan(one.time_spread));
    CHECK(std::isnan(one.cpu_spread));
    CHECK_FALSE(one.is_noisy());
}

TEST_CASE("no runs are no rows, and no advice", "[summary]") {
    CHECK(summarise({}).empty());
    CHECK(advice({}, {}).empty());
}

TEST_CASE("measures are medians, each by itself", "[summary]") {
    auto s = session_of({10, 30, 20});
    for (std::size_t i = 0; i < 3; ++i) {
        auto& r = s.runs[i];
        const auto n = static_cast<double>(i + 1);
        r.latency = {n, 10 * n, 20 * n, 30 * n, 40 * n, 50 * n};
        r.cpu = {n, 2 * n, n / 10};
        r.memory.peak_rss_bytes = 1000 * (3 - i);
        r.memory.peak_pss_bytes = 500 * (3 - i);
        r.memory.largest_gap_ms = 10 * n;
        r.services = {{service::postgres, n, 100 * (i + 1)}};
    }
    s.runs[1].services.push_back({service::redis, 5, 5});
    const auto t = only(s).typical;
    CHECK(t.time_s == 20);
    CHECK(t.latency.mean_ms == 2);
    CHECK(t.latency.p50_ms == 20);
    CHECK(t.latency.p90_ms == 40);
    CHECK(t.latency.p99_ms == 60);
    CHECK(t.latency.p999_ms == 80);
    CHECK(t.latency.max_ms == 100);
    CHECK(t.cpu.total_s() == 6);
    CHECK(t.cpu.box_share == Approx(0.2));
    CHECK(t.memory.peak_rss_bytes == 2000);
    CHECK(t.memory.peak_pss_bytes == 1000);
    CHECK(t.memory.largest_gap_ms == 30);  // the largest of all rounds
    REQUIRE(t.services.size() == 1);
    CHECK(t.services[0].cpu_s == 2);
    CHECK(t.services[0].peak_pss_bytes == 200);
}

TEST_CASE("orders are counted over all rounds: one that was lost in any is one too many", "[summary]") {
    auto s = session_of({10, 10, 10});
    s.runs[0].failed = 2;
    s.runs[2].failed = 3;
    s.runs[1].ledger.lost = 1;
    s.runs[0].failures = {{stage::fetch, error_kind::timeout, 2}};
    s.runs[2].failures = {{stage::store, error_kind::database, 1}, {stage::fetch, error_kind::timeout, 2}};
    s.runs[0].ledger.content_checked = s.runs[2].ledger.content_checked = true;
    s.runs[0].api = {true, 2, 100, 100, 1, 0, 0, 0, 5, 7, 6};
    s.runs[1].api = s.runs[2].api = {true, 2, 100, 100, 0, 0, 0, 0, 8, 8, 3};
    const auto t = only(s).typical;
    CHECK(t.orders == 300);
    CHECK(t.stored == 300);
    CHECK(t.failed == 5);
    CHECK(t.ledger.lost == 1);
    CHECK_FALSE(t.ledger.content_checked);
    REQUIRE(t.failures.size() == 2);
    CHECK(t.failures[0].kind == error_kind::timeout);
    CHECK(t.failures[0].orders == 4);
    CHECK(t.failures[1].orders == 1);
    CHECK(t.api.requests == 300);
    CHECK(t.api.connections == 21);
    CHECK(t.api.peak_connections == 8);
    CHECK(t.api.peak_concurrent == 6);
    CHECK(t.api.threads == 2);
}

TEST_CASE("a value that is not known in one round is the median of the others", "[summary]") {
    auto s = session_of({10, 10, 10});
    s.runs[0].foreign_share = std::nan("");
    s.runs[1].foreign_share = 0.1;
    s.runs[2].foreign_share = 0.3;
    CHECK(only(s).typical.foreign_share == Approx(0.2));
    s.runs[1].foreign_share = s.runs[2].foreign_share = std::nan("");
    CHECK(std::isnan(only(s).typical.foreign_share));
}

TEST_CASE("the spread is the scaled distance from the median, as a share of it", "[summary]") {
    auto s = session_of({9, 10, 11});
    s.runs[0].cpu_per_order_us = 40;
    s.runs[1].cpu_per_order_us = 50;
    s.runs[2].cpu_per_order_us = 70;
    CHECK(only(s).time_spread == Approx(0.14826));
    CHECK(only(s).cpu_spread == Approx(0.29652));
    CHECK(only(session_of({10, 10, 10})).time_spread == 0);
    CHECK(only(session_of({0, 0, 0})).time_spread == 0);
}

TEST_CASE("a round without a number has no spread, rather than none at all", "[summary]") {
    auto s = session_of({9, 10, 11});
    s.runs[1].cpu_per_order_us = std::nan("");
    CHECK(std::isnan(only(s).cpu_spread));
    CHECK(only(s).time_spread > 0);
}

TEST_CASE("counts that are too many to add or to average stay the largest there is", "[summary]") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    constexpr std::uint64_t half = most / 2 + 1;  // twice this overflows to 0
    auto s = session_of({10, 10});
    for (auto& run : s.runs) {
        run.ledger.lost = run.failed = half;
        run.failures = {{stage::fetch, error_kind::timeout, half}};
        run.memory.peak_rss_bytes = most;
        run.memory.peak_pss_bytes = half;
    }
    const auto t = only(s).typical;
    CHECK(t.ledger.lost == most);
    CHECK(t.failed == most);
    CHECK(t.failures.at(0).orders == most);
    CHECK(t.memory.peak_rss_bytes == most);
    CHECK(t.memory.peak_pss_bytes == half);
    CHECK(saturating_sum(most - 1, 1) == most);
    CHECK(saturating_sum(most, 1) == most);
    CHECK(saturating_sum(2, 3) == 5);
}

TEST_CASE("trouble is counted over all rounds, and what a recovery took is the median", "[summary]") {
    auto s = session_of({10, 10, 10});
    for (std::size_t i = 0; i < 3; ++i) {
        auto& r = s.runs[i];
        const auto n = static_cast<double>(i + 1);
        r.dead_lettered = i;
        r.retries = 10 * (i + 1);
        r.refused_retries = i + 1;
        r.api.throttled = 100 * (i + 1);
        r.api.faults = 7;
        r.api.early = i;
        r.ledger.redelivered = 5;
        r.recovery = {kill_target::worker, n, 2 * n, 3 * n, 2, 1'000 * n};
    }
    const auto t = only(s).typical;
    CHECK(t.dead_lettered == 3);
    CHECK(t.retries == 60);
    CHECK(t.refused_retries == 6);
    CHECK(t.api.throttled == 600);
    CHECK(t.api.faults == 21);
    CHECK(t.api.early == 3);
    CHECK(t.ledger.redelivered == 15);
    CHECK(t.recovery.killed == kill_target::worker);
    CHECK(t.recovery.at_s == 2);
    CHECK(t.recovery.resumed_s == 4);
    CHECK(t.recovery.drained_s == 6);
    CHECK(t.recovery.api_calls_again == 6'000);
}

TEST_CASE("a round that never resumed does not speak for the others, calls that nobody counted do", "[summary]") {
    auto s = session_of({10, 10, 10});
    for (auto& r : s.runs) r.recovery = {kill_target::run, 1, 2, 3, 2, 100};
    s.runs[1].recovery.resumed_s = std::nan("");
    CHECK(only(s).typical.recovery.resumed_s == 2);
    s.runs[1].recovery.api_calls_again = std::nan("");
    CHECK(std::isnan(only(s).typical.recovery.api_calls_again));
}

TEST_CASE("a round that was over before its kill does not hide what the others recovered from", "[summary]") {
    auto s = session_of({10, 10, 10});
    s.runs[1].recovery = {kill_target::worker, 4, 6, 8, 2, 100};
    s.runs[2].recovery = {kill_target::worker, 5, 7, 9, 4, 200};
    const auto t = only(s).typical.recovery;
    CHECK(t.killed == kill_target::worker);
    CHECK(t.at_s == 4.5);
    CHECK(t.resumed_s == 6.5);
    CHECK(t.drained_s == 8.5);
    CHECK(t.runs == 4);  // the maximum
    CHECK(t.api_calls_again == 300);
}

TEST_CASE("the rounds of each scenario are a row of their own", "[summary]") {
    auto s = session_of({10, 20, 30, 40});
    s.runs[2].scenario = s.runs[3].scenario = "flaky";
    const auto all = summarise(s);
    REQUIRE(all.size() == 2);
    CHECK(all[0].typical.time_s == 15);
    CHECK(all[1].typical.time_s == 35);
    CHECK(all[1].typical.scenario == "flaky");
}

TEST_CASE("a session is trustworthy when every run is, and every warm-up balances", "[summary]") {
    auto s = session_of({10, 10});
    s.warmup_runs = {s.runs[0]};
    s.warmup_runs[0].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    CHECK(is_trustworthy(s));
    s.warmup_runs[0].ledger.corrupt = 1;
    CHECK_FALSE(is_trustworthy(s));
    s.warmup_runs.clear();
    s.runs[1].verdict.kind = verdict_kind::not_judged;
    CHECK_FALSE(is_trustworthy(s));
}

TEST_CASE("a row is noisy above a spread of 5 %, of its time or of its CPU", "[summary]") {
    CHECK_FALSE(only(session_of({9.67, 10, 10.33})).is_noisy());
    CHECK(only(session_of({9.66, 10, 10.34})).is_noisy());
    auto s = session_of({10, 10, 10});
    s.runs[0].cpu_per_order_us = 40;
    s.runs[1].cpu_per_order_us = 60;
    CHECK(only(s).is_noisy());
}

TEST_CASE("a round that is not to be trusted speaks for all, and says how many they are", "[summary]") {
    auto s = session_of({10, 11, 12});
    s.runs[1].verdict = {verdict_kind::invalid_ledger, "INVALID: 3 lost"};
    CHECK(only(s).typical.verdict.text == "INVALID: 3 lost [1 of 3 rounds]");
    CHECK(only(s).typical.verdict.kind == verdict_kind::invalid_ledger);
    CHECK_FALSE(only(s).typical.verdict.trusted());
    s.runs[2].verdict = {verdict_kind::invalid_below_floor, "INVALID: below its floor"};
    CHECK(only(s).typical.verdict.text == "INVALID: 3 lost [2 of 3 rounds]");
}

TEST_CASE("where all are trusted the round in the middle speaks", "[summary]") {
    auto s = session_of({10, 12, 11});
    s.runs[0].verdict = {verdict_kind::at_floor, "ok, at its floor"};
    s.runs[2].verdict = {verdict_kind::box_full, "ok, box full"};
    CHECK(only(s).typical.verdict.text == "ok, box full");
    CHECK(only(s).typical.verdict.trusted());
}

TEST_CASE("a last round that was cut short is left out where others are complete", "[summary]") {
    auto s = session_of({10, 12, 1});
    s.runs[2].interrupted = true;
    s.runs[2].verdict = {verdict_kind::interrupted, "interrupted after 10 of 100 orders"};
    const auto two = only(s);
    CHECK(two.rounds == 2);
    CHECK(two.typical.time_s == 11);
    CHECK(two.typical.verdict.trusted());
    CHECK_FALSE(two.typical.interrupted);
    s.runs.erase(s.runs.begin(), s.runs.begin() + 2);
    CHECK(only(s).rounds == 1);
    CHECK(only(s).typical.interrupted);
    CHECK(only(s).typical.verdict.text == "interrupted after 10 of 100 orders");
}

TEST_CASE("patterns stand in the order of the first round, whoever ran first in the others", "[summary]") {
    auto s = session_of({10, 10});
    s.runs.insert(s.runs.begin() + 1, run_in("fan-out", 1, 5));
    s.runs.insert(s.runs.begin() + 2, run_in("fan-out", 2, 7));
    const auto all = summarise(s);
    REQUIRE(all.size() == 2);
    CHECK(all[0].typical.pattern == "semaphore");
    CHECK(all[1].typical.pattern == "fan-out");
    CHECK(all[1].typical.time_s == 6);
}

TEST_CASE("a quiet session needs no advice", "[summary][advice]") {
    const auto s = session_of({10, 10, 10});
    CHECK(advice(s, summarise(s)).empty());
}

TEST_CASE("one round of several patterns is told how to get a ranking, one of one pattern is not",
          "[summary][advice]") {
    auto s = session_of({10});
    CHECK(advice(s, summarise(s)).empty());
    s.runs.push_back(run_in("fan-out", 1, 5));
    REQUIRE(advice(s, summarise(s)).size() == 1);
    CHECK(advice(s, summarise(s))[0] == "one round says nothing of the spread: --repeat 8 ranks the patterns");
}

TEST_CASE("a round that stands apart is named, and counted all the same", "[summary][advice]") {
    const auto s = session_of({10, 10.1, 10.2, 20, 10.3});
    REQUIRE(advice(s, summarise(s)).size() == 1);
    CHECK(advice(s, summarise(s))[0] ==
          "semaphore: round 4 stands apart, 20 s where the median is 10.2 s; it is counted");
    CHECK(only(s).rounds == 5);
}

TEST_CASE("under a scenario a round that stands apart is named with it, and noise has its advice",
          "[summary][advice]") {
    auto s = session_of({10, 10.1, 10.2, 20, 10.3});
    for (auto& run : s.runs) run.scenario = "flaky";
    const auto about_one = advice(s, summarise(s));
    REQUIRE(about_one.size() == 1);
    CHECK(about_one[0] == "semaphore@flaky: round 4 stands apart, 20 s where the median is 10.2 s; it is counted");
    for (auto& run : s.runs) run.time_s = 5 * static_cast<double>(run.round);
    const auto about_noise = advice(s, summarise(s));
    REQUIRE_FALSE(about_noise.empty());
    CHECK(about_noise.back().starts_with("noisy (~): semaphore@flaky: "));
}

TEST_CASE("a round that was cut short does not stand apart: it is not counted", "[summary][advice]") {
    auto s = session_of({10, 10.1, 10.2, 10.3, 1});
    s.runs[4].interrupted = true;
    CHECK(advice(s, summarise(s)).empty());
}

TEST_CASE("noise is blamed on the likeliest cause first", "[summary][advice]") {
    auto s = session_of(noisy);
    CHECK(noise_advice(s) == "more rounds: --repeat 16");
    s.box.governor = "powersave";
    CHECK(noise_advice(s) == "the CPU's governor is 'powersave': set it to 'performance'");
    for (auto& run : s.runs) run.time_s /= 20;
    CHECK(noise_advice(s) == "runs are shorter than 1 s: raise -n");
    s.runs[0].time_s = 0.58;
    CHECK(noise_advice(s) == "the first round is the slowest: --warmup 1");
    for (auto& run : s.runs) run.foreign_share = 0.06;
    CHECK(noise_advice(s) == "other programs use the box: stop them");
    for (auto& run : s.runs) run.steal_share = 0.03;
    CHECK(noise_advice(s) == "the hypervisor takes CPU from this box: use another one");
}

TEST_CASE("nobody is told to do what they did already", "[summary][advice]") {
    auto s = session_of(noisy);
    s.runs[0].time_s = 11.6;
    REQUIRE(noise_advice(s) == "the first round is the slowest: --warmup 1");
    s.warmup_runs.push_back(s.runs[0]);
    CHECK(noise_advice(s) == "more rounds: --repeat 16");
    s.rounds = 16;
    CHECK(noise_advice(s) == "compare within rounds only, as the ranking does");
    s.box.governor = "performance";
    CHECK(noise_advice(s) == "compare within rounds only, as the ranking does");
}

TEST_CASE("a share of others or of the hypervisor that is small, or not known, is not blamed", "[summary][advice]") {
    auto s = session_of(noisy);
    for (auto& run : s.runs) {
        run.foreign_share = 0.049;
        run.steal_share = 0.019;
    }
    CHECK(noise_advice(s) == "more rounds: --repeat 16");
    for (auto& run : s.runs) run.foreign_share = std::nan("");
    CHECK(noise_advice(s) == "more rounds: --repeat 16");
}

TEST_CASE("only the noisy patterns are named", "[summary][advice]") {
    auto s = session_of(noisy);
    for (std::uint64_t round = 1; round <= noisy.size(); ++round) s.runs.push_back(run_in("fan-out", round, 0.5));
    CHECK(noise_advice(s) == "more rounds: --repeat 16");
}
