// What a run says of its objectives, how long a point lasts, and the sentences of a search.
#include "analysis/load_search.hpp"

#include "support/load_runs.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

run_result run_with(std::uint64_t late) {
    auto work = load_work();
    work.orders = 1000;
    return load_run("semaphore", work, late);
}

pattern_search found_between(std::optional<double> met, std::optional<double> not_met) {
    pattern_search out;
    out.pattern = "semaphore";
    out.found.met = met;
    out.found.not_met = not_met;
    out.found.narrow = true;
    out.points.resize(1);
    return out;
}

}  // namespace

TEST_CASE("a run meets its objectives, does not, or cannot tell", "[load_search]") {
    CHECK(judge_point(run_with(4)).verdict == objective_verdict::met);
    CHECK(judge_point(run_with(10)).verdict == objective_verdict::cannot_tell);
    CHECK(judge_point(run_with(16)).verdict == objective_verdict::not_met);
    CHECK(judge_point(run_with(16)).why == "p99<125ms: 16 of 1,000 orders late");
}

TEST_CASE("the worst of several objectives counts", "[load_search]") {
    auto run = run_with(4);
    run.load->objectives.push_back(run_with(GENERATE(10u, 16u)).load->objectives.front());
    run.load->objectives.push_back(run_with(0).load->objectives.front());
    CHECK(judge_point(run).verdict == run.load->objectives[1].verdict);
}

TEST_CASE("a saturated run has not met its objectives, whatever its orders say", "[load_search]") {
    auto run = run_with(0);
    run.load->saturated = true;
    run.verdict = {verdict_kind::saturated, "saturated: 90 of 100/s"};
    CHECK(judge_point(run).verdict == objective_verdict::not_met);
    CHECK(judge_point(run).why == "saturated: 90 of 100/s");
}

TEST_CASE("a run that is not to be trusted says nothing of its objectives", "[load_search]") {
    auto run = run_with(0);
    run.verdict = {verdict_kind::invalid_late_arrivals, "INVALID: orders arrived late"};
    CHECK_FALSE(judge_point(run).verdict);
    CHECK(judge_point(run).why == "INVALID: orders arrived late");
}

TEST_CASE("a point lasts until a verdict can be expected, and the queue has settled", "[load_search]") {
    auto work = load_work();
    const forecast_terms terms{work, 10, true, 0.05};
    CHECK(point_seconds(terms) == shortest_point_s);
    work.arrive.rate = {1, 1s};
    CHECK(point_seconds(terms) == 3 * 299);
    work.arrive.warm_up = 5s;
    CHECK(point_seconds(terms) == 3 * 299 + 5);
    work.arrive.warm_up = {};
    work.arrive.rate = {190, 1s};
    CHECK(point_seconds(terms) == Catch::Approx(23.4).epsilon(0.01));  // 3 / (sqrt(200) - sqrt(190))^2
    work.arrive.rate = {1999, 10s};
    CHECK(point_seconds(terms) == longest_settling_s);
    work.arrive.rate = {300, 1s};
    CHECK(point_seconds(terms) == shortest_point_s);  // it never settles
}

TEST_CASE("as many orders arrive as the rate gives for a time, and not more than can", "[load_search]") {
    auto work = load_work();
    work.arrive.process = {};
    let_arrive_for(work, 20);
    CHECK(work.orders == 2000);
    CHECK(work.arrive.time == 20s);
    work.arrive.rate = {1'000'000, 1s};
    let_arrive_for(work, 1000);
    CHECK(work.orders == 9'000'000);
    work.arrive.rate = {1, 1h};
    let_arrive_for(work, 0.001);
    CHECK(work.orders == 1);
}

TEST_CASE("a rate is rounded to four digits and is a rate of the command line", "[load_search]") {
    const auto [per_second, text] = GENERATE(table<double, std::string>(
        {{171.875, "171.9/s"}, {100, "100/s"}, {0.0123456, "0.01235/s"}, {12'345.6, "12346/s"}, {9.99951, "10/s"}}));
    CHECK(format_arrival_rate(nearest_rate(per_second)) == text);
    CHECK(parse_arrival_rate(text)->per_second() == Catch::Approx(nearest_rate(per_second).per_second()));
}

TEST_CASE("a search says between which rates the border is", "[load_search]") {
    auto p = found_between(480, 495);
    CHECK(describe_rates(p) == "semaphore 480 to 495/s, not confirmed");
    p.points.back().value = 456;
    p.confirmed = 0;
    CHECK(describe_rates(p) == "semaphore 456 to 495/s");
    p.found.contradicted = true;
    CHECK(describe_rates(p).ends_with("contradict each other: measure longer, with --duration)"));
    p.found = {};
    p.found.met = 456;
    CHECK(describe_rates(p) == "semaphore 456/s or more (the search ended before it was closer)");
}

TEST_CASE("a search without an answer says why", "[load_search]") {
    auto p = found_between({}, 0.05);
    CHECK(describe_rates(p) == "semaphore at no rate that was tried, down to 0.05/s");
    p.not_known = "INVALID: PostgreSQL was the limit";
    CHECK(describe_rates(p) == "semaphore not known: INVALID: PostgreSQL was the limit");
    pattern_search not_reached;
    not_reached.pattern = "fan-out";
    CHECK(describe_rates(not_reached) == "fan-out not measured");
}
