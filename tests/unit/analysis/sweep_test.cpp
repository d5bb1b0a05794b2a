// Tests the sentences of a sweep about the leading patterns and the number of orders at which fan-out breaks.
#include "analysis/sweep.hpp"

#include "report/sweep.hpp"
#include "support/sweeps.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using states = std::vector<cell_state>;

namespace {

constexpr auto best = cell_state::best, good = cell_state::good;
const metric& time_s = *find_metric("time_s");

sweep_point point(const std::string& value, const std::vector<double>& times, std::uint64_t rounds = 1) {
    return test::sweep_point_of(value, times, rounds);
}
using test::sweep_of;

states states_at(const sweep_outcome& s, std::size_t at, const metric& m) {
    states out;
    for (const auto& cell : cells_at(s, s.points[at], m)) out.push_back(cell.state);
    return out;
}

std::string said_of_time(const sweep_outcome& s) { return describe_leads(s, time_s); }

}  // namespace

TEST_CASE("every metric of a sweep is in the table of metrics", "[sweep]") {
    REQUIRE_FALSE(swept_metrics().empty());
    for (const auto& m : swept_metrics()) {
        INFO(m.id);
        CHECK(find_metric(m.id) != nullptr);
    }
}

TEST_CASE("the best of a column is marked, and the direction of the metric is honoured", "[sweep]") {
    const auto s = sweep_of({point("10", {2, 1})});
    CHECK(states_at(s, 0, time_s) == states{good, best});
    CHECK(states_at(s, 0, *find_metric("throughput")) == states{good, best});
    CHECK(states_at(s, 0, *find_metric("efficiency")) == states{good, best});
    const auto floors = sweep_of({point("10", {1, 2})});
    CHECK(states_at(floors, 0, *find_metric("throughput")) == states{best, good});
}

TEST_CASE("whoever is within 2 % of the best is marked too, and nobody where all are", "[sweep]") {
    CHECK(states_at(sweep_of({point("10", {1.00, 1.019, 1.03})}, {"a", "b", "c"}), 0, time_s) ==
          states{best, best, good});
    CHECK(states_at(sweep_of({point("10", {1.00, 1.019})}), 0, time_s) == states{good, good});
}

TEST_CASE("a row that is not to be trusted has a value, and does not compete", "[sweep]") {
    auto s = sweep_of({point("10", {1, 2, 3})}, {"a", "b", "c"});
    s.points[0].result.runs[0].verdict = {verdict_kind::invalid_below_floor, "INVALID: below its floor"};
    const auto cells = cells_at(s, s.points[0], time_s);
    CHECK(cells[0].state == cell_state::not_trusted);
    CHECK(cells[0].value == 1);
    CHECK(cells[0].why == "INVALID: below its floor");
    CHECK(cells[1].state == best);
}

TEST_CASE("one round that is not to be trusted spoils its cell", "[sweep]") {
    auto s = sweep_of({point("10", {1, 2}, 3)});
    s.points[0].result.runs[2].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    CHECK(states_at(s, 0, time_s) == states{cell_state::not_trusted, good});
}

TEST_CASE("a pattern that does not fit says why in its cell, and one that was not reached has none", "[sweep]") {
    auto s = sweep_of({point("10", {1})});
    s.points[0].left_out = {{"b", "processes (this box has 10)", "b: 11 processes ..."}};
    const auto cells = cells_at(s, s.points[0], time_s);
    CHECK(cells[1].state == cell_state::left_out);
    CHECK(cells[1].why == "processes (this box has 10)");
    s.points[0].left_out.clear();
    CHECK(states_at(s, 0, time_s) == states{good, cell_state::missing});
}

TEST_CASE("a run that was cut short has no part in its column", "[sweep]") {
    auto s = sweep_of({point("10", {1, 2})});
    s.points[0].result.runs[0].interrupted = true;
    CHECK(states_at(s, 0, time_s) == states{cell_state::missing, good});
}

TEST_CASE("it is said where the lead changes", "[sweep]") {
    CHECK(said_of_time(sweep_of({point("10", {1, 2}), point("50", {1, 2}), point("100", {2, 1})})) ==
          "a up to c=50, b from c=100 on");
    CHECK(said_of_time(sweep_of({point("10", {1, 2}), point("50", {2, 1}), point("100", {2, 1}),
                                 point("500", {1, 2})})) == "a at c=10, b from c=50 to c=100, a from c=500 on");
    CHECK(said_of_time(sweep_of({point("10", {1, 2}), point("50", {1, 2})})) == "a at every point");
}

TEST_CASE("a lead that is shared, level or without a contest is no one's", "[sweep]") {
    CHECK(
        said_of_time(sweep_of({point("1", {1, 1.01, 2}), point("2", {1, 1, 1}), point("3", {1})}, {"a", "b", "c"})) ==
        "a and b at c=1, all level at c=2, nothing to compare from c=3 on");
}

TEST_CASE("a lead is separated where eight rounds say so, and with fewer it is a median", "[sweep]") {
    CHECK(said_of_time(sweep_of({point("1", {1, 2}, 8), point("2", {1, 2}, 8)})) == "a at every point (separated)");
    CHECK(said_of_time(sweep_of({point("1", {1, 2}, 8), point("2", {1, 2}, 7)})) ==
          "a at every point (separated at 1 of 2 points)");
    CHECK(said_of_time(sweep_of({point("1", {1, 2}, 7)})) == "a at every point");
}

TEST_CASE("what broke in a run is the most frequent failure, and its count", "[sweep]") {
    auto run = point("1", {1}).result.runs[0];
    CHECK(what_broke(run).empty());
    run.failed = 1310;
    run.api.refusals = 0;
    run.failures = {{stage::store, error_kind::database, 10}, {stage::fetch, error_kind::connect, 1300}};
    CHECK(what_broke(run) == "fetch connect (1,310 of 10,000 orders failed)");
    run.api.refusals = 12;
    CHECK_THAT(what_broke(run), ContainsSubstring("the API refused 12"));
    run.ledger.lost = 2;
    CHECK_THAT(what_broke(run), ContainsSubstring("the ledger did not balance: 2 lost"));
}

TEST_CASE("orders that never ended break a run though none failed", "[sweep]") {
    auto run = point("1", {1}).result.runs[0];
    run.not_started = 3;
    CHECK(what_broke(run) == "3 orders did not end");
}

TEST_CASE("the limit is between the largest number that went well and the smallest that did not", "[sweep]") {
    auto found =
        limit_of({{10'000, "", true}, {28'233, "local ports (this box has 28,232)", false}, {28'232, "", true}});
    CHECK(found.narrow);
    CHECK(found.tries.size() == 3);
    found.searched = true;
    CHECK(describe(found) == "fan-out breaks between 28,232 and 28,233 orders: local ports (this box has 28,232)");
}

TEST_CASE("a run that breaks below what would fit is the limit", "[sweep]") {
    const auto found =
        limit_of({{28'233, "local ports", false}, {15'500, "fetch connect", true}, {15'000, "", true}});
    CHECK(found.cause == "fetch connect");
    CHECK(found.good == 15'000);
    CHECK(found.bad == 15'500);
    CHECK(found.narrow);
}

TEST_CASE("what does not fit is not close to what went well before its neighbour went well", "[sweep]") {
    CHECK_FALSE(limit_of({{10'000, "", true}, {10'002, "local ports", false}}).narrow);
}

TEST_CASE("a limit that was not found closely says so, and one that was not found, too", "[sweep]") {
    auto found = limit_of({{1000, "", true}, {2000, "fetch connect", true}});
    found.searched = true;
    CHECK_THAT(describe(found), ContainsSubstring("between 1,000 and 2,000 orders: fetch connect (the search ended"));
    found = limit_of({{1000, "", true}, {8000, "", true}});
    found.searched = true;
    CHECK(describe(found) == "fan-out did not break: 8,000 orders went well, and no more were tried");
}

TEST_CASE("a number that went well above one that broke is not the limit", "[sweep]") {
    const auto found = limit_of({{10'000, "fetch timeout", true}, {20'000, "", true}, {1000, "", true}});
    CHECK(found.good == 1000);
    CHECK(found.bad == 10'000);
}

TEST_CASE("without a search only points that broke are told of", "[sweep]") {
    limit_report r;
    r.good = 1000;
    CHECK(describe(r).empty());
    r.bad = 50'000;
    r.cause = "local ports (this box has 28,232)";
    CHECK(describe(r) == "fan-out breaks at 50,000 orders, and not at 1,000: local ports (this box has 28,232)");
}

TEST_CASE("a sweep is rendered with its marks, its reasons and its limit", "[sweep][report]") {
    auto s = sweep_of({point("10", {1, 2, 3}), point("50", {2, 1})}, {"a", "b", "c"});
    s.points[0].result.runs[2].verdict = {verdict_kind::invalid_below_floor, "INVALID: below its floor"};
    s.points[1].left_out = {{"c", "processes (this box has 10)", "c: 50 orders in flight need 51 processes"}};
    s.limit = limit_report{true, 1000, 2000, "local ports", true, {}};
    const auto text = reporting::render_text(s, {colours::off, 200});
    for (const std::size_t width : {80u, 100u})
        CHECK(test::widest_line(reporting::render_text(s, {colours::off, width})) <= width);
    for (const auto* part : {"Fastest     a at c=10, b from c=50 on", "1.00*", "!3.00", "no: processes",
                             "c=10, c, round 1: INVALID: below", "at c=50: c: 50 orders in flight need 51 processes",
                             "between 1,000 and 2,000", "1 round at each point is an impression"})
        CHECK_THAT(text, ContainsSubstring(part));
    CHECK_THAT(reporting::render_markdown(s), ContainsSubstring("| 1.00\\* |") &&
                                                  ContainsSubstring("no: processes") &&
                                                  ContainsSubstring("a session of its own"));
}

TEST_CASE("a terminal shows the tables that answer, and all with details", "[sweep][report]") {
    auto s = sweep_of({point("10", {1, 2}), point("50", {2, 1})});
    CHECK_THAT(reporting::render_text(s, {colours::off, 80}),
               !ContainsSubstring("p50 (ms)") && !ContainsSubstring("Errors (%)") &&
                   ContainsSubstring("--details shows all notes, and throughput, p50 and errors."));
    CHECK_THAT(reporting::render_text(s, {colours::off, 80, true}),
               ContainsSubstring("p50 (ms)") && ContainsSubstring("a session of its own"));
    auto& run = s.points[0].result.runs[0];
    run.failed = 1;
    --run.stored;
    CHECK_THAT(reporting::render_text(s, {colours::off, 80}), ContainsSubstring("Errors (%)"));
}

TEST_CASE("a pattern that did less of the work has a value, and cannot be the best", "[sweep]") {
    auto s = sweep_of({point("10", {1, 2, 3})}, {"a", "b", "c"});
    s.points[0].result.runs[0].failed = 5;
    s.points[0].result.runs[0].stored -= 5;
    CHECK(states_at(s, 0, time_s) == states{good, best, good});
}

TEST_CASE("points are named by their ranges", "[sweep]") {
    const auto s = sweep_of({point("1", {1}), point("2", {1}), point("3", {1}), point("4", {1})});
    CHECK(describe_points(s, {0, 1, 2, 3}) == "at every point");
    CHECK(describe_points(s, {0, 1, 3}) == "c=1 to c=2, c=4");
    CHECK(describe_points(s, {2}) == "c=3");
}

TEST_CASE("the JSON of a sweep has the result of every point, which reads as any other", "[sweep][report]") {
    auto s = sweep_of({point("10", {1, 2}), point("50", {})});
    s.points[0].result = test::sample_session();
    const auto j = nlohmann::json::parse(reporting::render_json(s));
    CHECK(j["schema"] == "pipebench.sweep/1");
    CHECK(j["axis"] == "--concurrency");
    CHECK(j["points"][0]["value"] == "10");
    CHECK(parse_result(j["points"][0]["result"].dump()).runs.size() == s.points[0].result.runs.size());
    CHECK(j["points"][1]["result"].is_null());
    CHECK(j["winners"].size() == swept_metrics().size());
    CHECK(j["limit"].is_null());
}

TEST_CASE("the CSV of a sweep has one line for each cell", "[sweep][report]") {
    const auto csv = reporting::render_csv(sweep_of({point("10", {1, 2}), point("50", {2})}));
    CHECK(std::count(csv.begin(), csv.end(), '\n') ==
          static_cast<std::ptrdiff_t>(1 + 2 * 2 * swept_metrics().size()));
    CHECK_THAT(csv, ContainsSubstring("--concurrency,10,a,time_s,s,1,best\r\n"));
    CHECK_THAT(csv, ContainsSubstring("--concurrency,50,b,time_s,s,,missing\r\n"));
}
