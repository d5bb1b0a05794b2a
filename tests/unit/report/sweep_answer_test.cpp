// The answer of a sweep is what most of its readers read alone.
#include "report/answer.hpp"
#include "support/load_runs.hpp"
#include "support/sweeps.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace pipebench;
using namespace pipebench::reporting;
using namespace pipebench::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The lines of one part of the answer; empty if it has no such part.
std::string part(const sweep_outcome& s, std::string_view label) {
    std::string out;
    for (const auto& f : answer(s))
        if (f.label == label)
            for (const auto& line : f.lines) out += line + "\n";
    return out;
}

}  // namespace

TEST_CASE("a sweep says who leads where, one line for each question", "[answer][sweep]") {
    const auto s =
        sweep_of({sweep_point_of("10", {1, 2}), sweep_point_of("50", {1, 2}), sweep_point_of("100", {2, 1})});
    CHECK(part(s, "Fastest") == "a up to c=50, b from c=100 on\n");
    CHECK(part(s, "Cheapest") == "all level at every point\n");
    CHECK(part(s, "Failed") == "nothing: 60,000 orders stored\n");
    CHECK(part(s, "How sure") == "1 round at each point is an impression: --repeat 8 to be sure\n");
    CHECK(part(s, "Load").empty());
}

TEST_CASE("eight rounds at each point separate the leader", "[answer][sweep]") {
    const auto s = sweep_of({sweep_point_of("1", {1, 2}, 8), sweep_point_of("2", {1, 2}, 8)});
    CHECK(part(s, "Fastest") == "a at every point (separated)\n");
    CHECK_THAT(part(s, "How sure"), ContainsSubstring("8 rounds at each point; separated:"));
}

TEST_CASE("a sweep of one pattern says at which points it is best and worst", "[answer][sweep]") {
    const auto s =
        sweep_of({sweep_point_of("10", {4}), sweep_point_of("50", {2}), sweep_point_of("100", {3})}, {"a"});
    CHECK(part(s, "Fastest") == "least at c=50 (2.00 s), most at c=10 (4.00 s)\n");
    CHECK(part(s, "Smallest").empty());  // all the same
}

TEST_CASE("what is not to be trusted or failed is named with its points, and has no part in the lead",
          "[answer][sweep]") {
    auto s = sweep_of({sweep_point_of("10", {1, 2, 3}), sweep_point_of("50", {1, 2, 3})}, {"a", "b", "c"});
    for (auto& point : s.points)
        point.result.runs[0].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    s.points[1].result.runs[2].failed = 10;
    s.points[1].result.runs[2].stored -= 10;
    CHECK(part(s, "Fastest") == "b at c=10, nothing to compare from c=50 on\n");
    CHECK_THAT(part(s, "Failed"), ContainsSubstring("not to be trusted: a (at every point)") &&
                                      ContainsSubstring("orders not stored: c (c=50)"));
}

TEST_CASE("patterns at their floor are said to be, below the fastest", "[answer][sweep]") {
    auto s = sweep_of({sweep_point_of("10", {1, 2}), sweep_point_of("50", {1, 2})});
    s.points[0].result.runs[1].verdict = {verdict_kind::at_floor, "ok, at its floor"};
    CHECK_THAT(part(s, "Fastest"), ContainsSubstring("at their floor, set by the parameters: b (c=10)"));
}

TEST_CASE("under open load the arrivals set the time, and who kept up is the first question", "[answer][sweep]") {
    auto s = sweep_of({sweep_point_of("10", {}), sweep_point_of("50", {})});
    for (auto& point : s.points)
        for (const auto* name : {"a", "b"}) {
            point.result.runs.push_back(load_run(name, load_work(), 0));
            point.result.runs.back().latency.p99_ms = name == std::string("a") ? 10 : 20;
        }
    CHECK(part(s, "Fastest").empty());
    CHECK(part(s, "Quickest") == "by p99: a at every point\n");
    CHECK_THAT(part(s, "Load"), ContainsSubstring("all kept up"));
    s.points[1].result.runs[0].load->saturated = true;
    s.points[1].result.runs[1].load->objectives.front().verdict = objective_verdict::not_met;
    CHECK(part(s, "Load") == "could not keep up: a (c=50); objective not met: b (c=50)\n");
}

TEST_CASE("the number of orders at which fan-out breaks is a part of the answer", "[answer][sweep]") {
    auto s = sweep_of({sweep_point_of("10", {1, 2})});
    s.limit = limit_report{true, 1000, 2000, "local ports", true, {}};
    CHECK_THAT(part(s, "Limit"), ContainsSubstring("between 1,000 and 2,000 orders"));
}

TEST_CASE("a sweep without runs has no answer", "[answer][sweep]") {
    CHECK(answer(sweep_of({sweep_point_of("10", {})})).empty());
}
