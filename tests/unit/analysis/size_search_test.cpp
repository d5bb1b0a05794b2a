// Where the search for a size begins, and the sentences about its answer.
#include "analysis/size_search.hpp"

#include "support/load_runs.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// The published deployment: 50,000 orders an hour of 200 ms.
workload published() {
    auto out = load_work();
    out.http.mean = out.db_latency = 100ms;
    out.arrive.rate = {50'000, 1h};
    out.objectives = {{.quantile = 0.99, .limit = 500ms}};
    return out;
}

size_bounds bounds_with(const workload& work, std::uint64_t in_flight_of_one = 1) {
    return bounds_of({work, in_flight_of_one, true, 0.2});
}

pattern_search answered(const std::string& name, const std::string& what, double cpu_s, std::uint64_t pss) {
    auto work = load_work();
    work.orders = 1000;
    work.arrive.time = 10s;
    load_point point;
    point.value = 5;
    auto run = load_run(name, work, 0);
    run.cpu = {cpu_s, 0, 0};
    run.memory.peak_pss_bytes = pss;
    point.result.runs.push_back(run);
    pattern_search out;
    out.pattern = name;
    out.what = what;
    out.points.push_back(point);
    out.confirmed = 0;
    return out;
}

load_search_outcome plan_of(std::vector<pattern_search> patterns) {
    load_search_outcome out;
    out.rate = describe_load({50'000, 1h});
    out.objectives = "p99<500ms";
    out.patterns = std::move(patterns);
    return out;
}

}  // namespace

TEST_CASE("the search begins at what Erlang C expects, above what cannot be stable", "[size_search]") {
    const auto bounds = bounds_with(published());
    CHECK(bounds.too_small == 2);  // 2.78 erlang
    CHECK(bounds.expected == 5);
    CHECK(bounds.first == 5);
}

TEST_CASE("a unit of the size with several orders in flight counts as several", "[size_search]") {
    const auto bounds = bounds_with(published(), 2);
    CHECK(bounds.too_small == 1);
    CHECK(bounds.expected == 3);
    CHECK(bounds_with(published(), 10).too_small == 0);
    CHECK(bounds_with(published(), 10).first == 1);
}

TEST_CASE("the objective that needs the most decides", "[size_search]") {
    auto work = published();
    work.objectives.push_back({.quantile = 0.99, .limit = 300ms});
    CHECK(bounds_with(work).expected.value_or(0) > 5);
}

TEST_CASE("where the formula says nothing the search begins at twice what cannot be stable", "[size_search]") {
    auto work = published();
    work.arrive.process = {arrival_process::kind::burst, 20};
    CHECK_FALSE(bounds_with(work).expected);
    CHECK(bounds_with(work).first == 5);
    const auto unknown = bounds_of({work, 1, true, 0});
    CHECK(unknown.too_small == 0);
    CHECK(unknown.first == 1);
}

TEST_CASE("the answer is the cheapest by memory and CPU", "[size_search]") {
    const auto plan = plan_of({answered("process-pool", "5 processes", 1, 40'000'000),
                               answered("semaphore", "5 permits", 0.2, 6'000'000),
                               answered("thread-pool", "5 threads", 0.25, 5'500'000)});
    CHECK(describe_cheapest(plan) == "50,000 orders/h within p99<500ms: semaphore with 5 permits (0.02 cores, 6 MB)");
}

TEST_CASE("a pattern without an answer is not the cheapest, nor one of unknown memory or without a size",
          "[size_search]") {
    auto none = answered("semaphore", "5 permits", 0.2, 6'000'000);
    none.confirmed.reset();
    auto unknown = answered("thread-pool", "5 threads", 0.1, 0);
    unknown.points[0].result.runs[0].memory.peak_pss_bytes.reset();
    const auto plan = plan_of({none, unknown, answered("process-pool", "5 processes", 1, 40'000'000)});
    auto unbounded = answered("fan-out", "up to 7 in flight (sampled)", 0.1, 1'000'000);
    unbounded.points[0].value = 0;
    CHECK(cheapest(plan_of({unbounded, answered("process-pool", "5 processes", 1, 40'000'000)}))->pattern ==
          "process-pool");
    CHECK(cheapest(plan_of({unbounded}))->pattern == "fan-out");
    REQUIRE(cheapest(plan) != nullptr);
    CHECK(cheapest(plan)->pattern == "process-pool");
    CHECK(describe_cheapest(plan_of({none})) ==
          "50,000 orders/h within p99<500ms: no pattern was found that does it");
}

TEST_CASE("a rate is written out with its unit", "[size_search]") {
    CHECK(describe_load({14, 1s}) == "14 orders/s");
    CHECK(describe_load({840, 1min}) == "840 orders/min");
    CHECK(describe_load({1389, 100s}) == "13.89 orders/s");
}

TEST_CASE("half of an answer is told of, and so is what is not known", "[size_search]") {
    auto p = answered("semaphore", "5 permits", 0.2, 6'000'000);
    CHECK(describe_size(p).empty());
    auto half = p.points.front();
    half.value = 2;
    half.purpose = point_purpose::contrast;
    half.judged = {objective_verdict::not_met, "saturated: 10 of 14/s"};
    p.points.push_back(half);
    CHECK(describe_size(p) == "semaphore at half of that (2): not met (saturated: 10 of 14/s)");
    p.found.contradicted = true;
    CHECK(describe_size(p).ends_with("measure longer, with --duration"));
    p.not_known = "INVALID: the box was busy";
    CHECK(describe_size(p) == "semaphore: not known: INVALID: the box was busy");
}
