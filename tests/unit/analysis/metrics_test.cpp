// The id of a metric is an interface: users write it in --assert and in their gates.
#include "analysis/metrics.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using Catch::Approx;

namespace {

const metric& named(std::string_view id) {
    const auto* m = find_metric(id);
    INFO(id);
    REQUIRE(m != nullptr);
    return *m;
}

/// A run with a different value in every field that a metric reads.
run_result distinct() {
    run_result r;
    r.time_s = 1, r.orders_per_s = 2, r.cpu_per_order_us = 3, r.floor_s = 4, r.efficiency = 5;
    r.latency = {6, 7, 8, 9, 10, 11};
    r.memory.peak_rss_bytes = 12'000'000, r.memory.peak_pss_bytes = 13'000'000, r.memory.processes = 14;
    r.cpu = {15, 16, 0.17};
    r.orders = 200, r.stored = 128, r.failed = 50, r.dead_lettered = 22;
    r.retries = 23, r.refused_retries = 24, r.api.known = true, r.api.throttled = 25;
    r.recovery = {kill_target::worker, 1, 27, 28, 2, 26};
    r.load.emplace();
    r.load->shed = 8, r.load->offered_per_s = 32, r.load->forecast.utilisation = 33;
    r.load->wait.p99_ms = 34, r.load->service.p99_ms = 35, r.load->queue_peak = 37, r.load->lateness_p99_ms = 38;
    r.load->objectives = {{"p99<1s", 0.99, 1000, 50, 1, 299, {}}, {"p50<1s", 0.5, 1000, 50, 19, 5, {}}};
    r.ledger.lost = 18, r.ledger.corrupt = 19, r.ledger.unexpected = 20, r.ledger.redelivered = 21;
    return r;
}

/// Two patterns in three rounds, which the file does not list in order.
session_result three_rounds() {
    session_result s;
    for (const std::uint64_t round : {2u, 1u, 3u})
        for (const auto* pattern : {"semaphore", "fan-out"}) {
            run_result r;
            r.pattern = pattern;
            r.round = round;
            r.orders = r.stored = 10;
            r.time_s = static_cast<double>(round);
            r.ledger.lost = round;
            s.runs.push_back(r);
        }
    return s;
}

}  // namespace

TEST_CASE("every metric reads its own field, in its own unit", "[metrics]") {
    const std::pair<std::string_view, double> expected[]{
        {"time_s", 1},         {"throughput", 2},       {"cpu_per_order_us", 3},
        {"floor_s", 4},        {"efficiency", 5},       {"mean_ms", 6},
        {"p50_ms", 7},         {"p90_ms", 8},           {"p99_ms", 9},
        {"p999_ms", 10},       {"max_ms", 11},          {"rss_mb", 12},
        {"pss_mb", 13},        {"processes", 14},       {"cpu_s", 31},
        {"cpu_percent", 17},   {"orders", 200},         {"stored", 128},
        {"failed", 50},        {"error_percent", 40},   {"lost", 18},
        {"corrupt", 19},       {"unexpected", 20},      {"redelivered", 21},
        {"dead_lettered", 22}, {"retries", 23},         {"refused_retries", 24},
        {"throttled", 25},     {"calls_again", 26},     {"resumed_s", 27},
        {"drained_s", 28},     {"offered", 32},         {"utilisation", 33},
        {"wait_p99_ms", 34},   {"service_p99_ms", 35},  {"late_percent", 38},
        {"queue_peak", 37},    {"lateness_p99_ms", 38}, {"shed", 8}};
    for (const auto& [id, value] : expected) CHECK(named(id).of(distinct()) == Approx(value));
    CHECK(metrics().size() == std::size(expected));
}

TEST_CASE("an id names one metric, and can stand in an expression", "[metrics]") {
    std::set<std::string_view> ids;
    for (const auto& m : metrics()) {
        CAPTURE(m.id);
        CHECK(ids.insert(m.id).second);
        CHECK(m.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
        CHECK(find_metric(m.id) == &m);
    }
    CHECK(find_metric("p98_ms") == nullptr);
    CHECK(find_metric("") == nullptr);
}

TEST_CASE("a metric that is compared has both thresholds", "[metrics]") {
    std::size_t compared = 0;
    for (const auto& m : metrics()) {
        CAPTURE(m.id);
        CHECK((m.relative_threshold > 0) == (m.absolute_floor > 0));
        compared += m.is_compared() ? 1u : 0u;
    }
    CHECK(compared == 8);
    CHECK(named("time_s").is_compared());
    CHECK_FALSE(named("lost").is_compared());
}

TEST_CASE("more is better of what gets done, and of nothing else", "[metrics]") {
    const std::set<std::string_view> more{"throughput", "efficiency", "orders", "stored"};
    for (const auto& m : metrics()) {
        CAPTURE(m.id);
        CHECK((m.direction == better::higher) == more.contains(m.id));
    }
}

TEST_CASE("a run in which no order ended has no latency, and no errors", "[metrics]") {
    auto r = distinct();
    r.load.reset();
    r.stored = r.failed = r.dead_lettered = 0;
    for (const auto* id : {"mean_ms", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"})
        CHECK(std::isnan(named(id).of(r)));
    r.orders = 0;
    CHECK(named("error_percent").of(r) == 0);
    r.orders = r.failed = 1;
    CHECK(named("p99_ms").of(r) == 9);
}

TEST_CASE("patterns come in the order that was asked for, each once", "[metrics]") {
    CHECK(patterns_in(three_rounds()) == std::vector<std::string>{"semaphore", "fan-out"});
    CHECK(patterns_in({}).empty());
}

TEST_CASE("the runs of a pattern come by round", "[metrics]") {
    const auto s = three_rounds();
    const auto runs = runs_of(s, "fan-out");
    REQUIRE(runs.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(runs[i]->round == i + 1);
        CHECK(runs[i]->pattern == "fan-out");
    }
    CHECK(runs_of(s, "thread-pool").empty());
}

TEST_CASE("over the rounds a measure is their median and a count of orders their sum", "[metrics]") {
    auto s = three_rounds();
    CHECK(value_of(s, "semaphore", named("time_s")) == 2);
    CHECK(value_of(s, "semaphore", named("lost")) == 6);
    CHECK(std::isnan(value_of(s, "thread-pool", named("lost"))));
}

TEST_CASE("a run that was cut short, or has no such value, is no sample", "[metrics]") {
    auto s = three_rounds();
    s.runs[0].interrupted = true;             // semaphore, round 2
    s.runs[4].stored = s.runs[4].failed = 0;  // semaphore, round 3
    s.runs[1].time_s = std::nan("");          // fan-out, round 2
    CHECK(samples_of(s, "semaphore", named("time_s")) == std::vector<double>{1, 3});
    CHECK(samples_of(s, "semaphore", named("p99_ms")).size() == 1);
    CHECK(samples_of(s, "fan-out", named("time_s")) == std::vector<double>{1, 3});
}

TEST_CASE("the sample session has every metric of every pattern", "[metrics]") {
    auto s = sample_session();
    for (auto& run : s.runs) {
        run.recovery.killed = kill_target::worker;                                  // only a kill has recovery times
        run.load.emplace().objectives = {{"p99<1s", 0.99, 1000, 300, 1, 299, {}}};  // only arrivals have waits
    }
    REQUIRE(patterns_in(s).size() == 5);
    for (const auto& pattern : patterns_in(s))
        for (const auto& m : metrics()) {
            CAPTURE(pattern, m.id);
            CHECK(std::isfinite(value_of(s, pattern, m)));
        }
}

// --- several scenarios in one session ---

TEST_CASE("a row is called by its pattern, and by its scenario where that is not the clean one", "[metrics]") {
    run_result r;
    r.pattern = "semaphore";
    CHECK(row_name(r) == "semaphore");
    r.scenario = "flaky";
    CHECK(row_name(r) == "semaphore@flaky");
    r.scenario.clear();
    CHECK(row_name(r) == "semaphore");
}

TEST_CASE("the rows of several scenarios are kept apart", "[metrics]") {
    auto s = three_rounds();
    for (auto& run : s.runs)
        if (run.round == 3) run.scenario = "flaky";
    CHECK(patterns_in(s) == std::vector<std::string>{"semaphore", "fan-out", "semaphore@flaky", "fan-out@flaky"});
    CHECK(value_of(s, "semaphore", named("lost")) == 3);
    CHECK(value_of(s, "semaphore@flaky", named("lost")) == 3);
    CHECK(runs_of(s, "fan-out@flaky").size() == 1);
}

TEST_CASE("a session is taken apart by scenario, in the order in which they were run", "[metrics]") {
    auto s = three_rounds();
    s.chaos = "kill-run@50%";
    for (auto& run : s.runs) run.scenario = run.round == 2 ? "outage" : "clean";  // round 2 comes first
    s.warmup_runs = {s.runs[0], s.runs[2]};
    s.warmup_runs[1].scenario = "flaky";
    const auto parts = by_scenario(s);
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].scenario == "outage");
    CHECK(parts[1].scenario == "clean");
    CHECK(parts[2].scenario == "flaky");
    CHECK(parts[0].session.runs.size() == 2);
    CHECK(parts[0].session.warmup_runs.size() == 1);
    CHECK(parts[1].session.runs.size() == 4);
    CHECK(parts[1].session.warmup_runs.empty());
    CHECK(parts[2].session.runs.empty());
    for (const auto& part : parts) {
        CHECK(part.session.chaos == "kill-run@50%");
        for (const auto& name : patterns_in(part.session)) CHECK(name.find('@') == std::string::npos);
    }
}

TEST_CASE("a session of one scenario, or of none, is one part", "[metrics]") {
    REQUIRE(by_scenario(three_rounds()).size() == 1);
    CHECK(by_scenario(three_rounds())[0].session.runs.size() == 6);
    REQUIRE(by_scenario({}).size() == 1);
    CHECK(by_scenario({})[0].scenario == "clean");
}

TEST_CASE("where nothing was killed there is no time of a recovery, and no call was made again", "[metrics]") {
    auto r = distinct();
    r.recovery = {};
    CHECK(std::isnan(named("resumed_s").of(r)));
    CHECK(std::isnan(named("drained_s").of(r)));
    CHECK(named("calls_again").of(r) == 0);
}

TEST_CASE("what nobody could read has no value, rather than 0", "[metrics]") {
    const run_result unread;
    for (const auto* id : {"rss_mb", "pss_mb", "processes", "throttled", "p50_ms"})
        CHECK(std::isnan(named(id).of(unread)));
}
