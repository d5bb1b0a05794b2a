// The tables of trouble must not show unknown values as zeros.
#include "report/model.hpp"
#include "report/trouble_tables.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The cells of a row in all columns named `name`, in order.
std::vector<std::string> cells(const table& t, std::string_view name, std::size_t row_index = 0) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < t.columns.size(); ++i)
        if (t.columns[i].name == name) out.push_back(t.rows.at(row_index).cells.at(i));
    return out;
}

session_result of_one_run() {
    auto s = test::sample_session();
    s.runs.resize(1);
    return s;
}

void check_that_it_is_rectangular(const table& t) {
    for (const auto& row : t.rows) CHECK(row.cells.size() == t.columns.size());
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("what was under way has its mean and its peak, of the known values only", "[trouble_tables]") {
    auto s = of_one_run();
    auto& run = s.runs[0];
    const double unknown = std::nan("");
    run.series = {
        100, {0.1, 0.2, 0.3}, {0, 1, 5}, {10, 20, 2'000}, {unknown, 7, 3}, {unknown, unknown, unknown}, {}, {}, {}};
    run.retries = 1'234;
    run.refused_retries = 5;
    run.api.throttled = 6;
    run.api.faults = 7;
    run.api.early = 8;
    const auto t = pressure_table(summarise(s));
    check_that_it_is_rectangular(t);
    REQUIRE(t.rows.size() == 1);
    CHECK(cells(t, "Pattern") == strings{"fan-out"});
    CHECK(cells(t, "In flight") == strings{"2.0", "5"});
    CHECK(cells(t, "Queued") == strings{"676.7", "2,000"});
    CHECK(cells(t, "Stream lag") == strings{"5.0", "7"});
    CHECK(cells(t, "Pending") == strings{"-", "-"});
    CHECK(cells(t, "Retries") == strings{"1,234"});
    CHECK(cells(t, "Refused") == strings{"5"});
    CHECK(cells(t, "Throttled") == strings{"6"});
    CHECK(cells(t, "Faults") == strings{"7"});
    CHECK(cells(t, "Too early") == strings{"8"});
}

TEST_CASE("what an API of the user's counted is not known, and is not nothing", "[trouble_tables]") {
    auto s = of_one_run();
    s.runs[0].api = {};
    const auto t = pressure_table(summarise(s));
    for (const auto* name : {"Throttled", "Faults", "Too early"}) CHECK(cells(t, name) == strings{"-"});
    CHECK(cells(t, "Retries") == strings{"0"});
    CHECK(cells(t, "In flight") == strings{"-", "-"});  // the run was too short for a sample
}

TEST_CASE("a kill is told with what it cost and how long it took", "[trouble_tables]") {
    auto s = of_one_run();
    auto& run = s.runs[0];
    run.recovery = {kill_target::worker, 1.5, 0.25, 12.3, 2, 5'012};
    run.ledger.redelivered = 25;
    run.dead_lettered = 1;
    const auto t = recovery_table(summarise(s));
    check_that_it_is_rectangular(t);
    REQUIRE(t.rows.size() == 1);
    CHECK(cells(t, "Killed") == strings{"worker"});
    CHECK(cells(t, "At") == strings{"1.50"});
    CHECK(cells(t, "Runs") == strings{"2"});
    CHECK(cells(t, "Lost") == strings{"0"});
    CHECK(cells(t, "Redelivered") == strings{"25"});
    CHECK(cells(t, "Dead letters") == strings{"1"});
    CHECK(cells(t, "Calls again") == strings{"5,012"});
    CHECK(cells(t, "Resumed after") == strings{"0.250"});
    CHECK(cells(t, "Drained after") == strings{"12.30"});
}

TEST_CASE("what never resumed, or nobody counted, is a dash", "[trouble_tables]") {
    auto s = of_one_run();
    s.runs[0].recovery = {kill_target::run, 1, std::nan(""), 2, 4, std::nan("")};
    const auto t = recovery_table(summarise(s));
    CHECK(cells(t, "Resumed after") == strings{"-"});
    CHECK(cells(t, "Calls again") == strings{"-"});
}

TEST_CASE("a pattern of which nothing was killed has no row of recovery", "[trouble_tables]") {
    auto s = test::sample_session();
    CHECK(recovery_table(summarise(s)).rows.empty());
    s.runs[4].recovery.killed = kill_target::redis;
    const auto t = recovery_table(summarise(s));
    REQUIRE(t.rows.size() == 1);
    CHECK(cells(t, "Pattern") == strings{"redis-streams"});
}

TEST_CASE("a row that is not to be trusted is marked in every table", "[trouble_tables]") {
    auto s = of_one_run();
    s.runs[0].verdict = {verdict_kind::invalid_death, "INVALID: it died 4 times"};
    s.runs[0].recovery.killed = kill_target::itself;
    for (const auto& t : {pressure_table(summarise(s)), recovery_table(summarise(s))}) {
        CHECK(cells(t, "Pattern") == strings{"! fan-out"});
        CHECK(t.rows[0].mood == tone::alarm);
    }
}

TEST_CASE("the readiness of each is its verdict and its reasons, and what speaks against it is red",
          "[trouble_tables]") {
    const auto t = readiness_table({{"fan-out",
                                     readiness_kind::not_ready,
                                     {{finding::breaks, "breaks: x"}, {finding::throttled, "throttled: y"}}},
                                    {"semaphore", readiness_kind::ready, {}}});
    check_that_it_is_rectangular(t);
    CHECK(t.rows.at(0).cells == strings{"fan-out", "breaks, throttled", "breaks: x; throttled: y"});
    CHECK(t.rows.at(0).mood == tone::alarm);
    CHECK(t.rows.at(1).cells == strings{"semaphore", "ready", ""});
    CHECK(t.rows.at(1).mood == tone::plain);
}

TEST_CASE("below stand the rules, and what was not tried", "[trouble_tables]") {
    auto s = of_one_run();
    auto lines = readiness_lines(s);
    REQUIRE(lines.size() == 2);
    for (const auto& [name, meaning] : readiness_rules)
        CHECK_THAT(lines[0], ContainsSubstring(std::string(name) + ": " + std::string(meaning)));
    CHECK_THAT(lines[1], ContainsSubstring("--scenario throttled,flaky,outage,db-restart"));
    CHECK_THAT(lines[1], ContainsSubstring("--chaos"));
    s.runs.resize(4, s.runs[0]);
    const char* const tried[]{"throttled", "flaky", "outage", "db-restart"};
    for (std::size_t i = 0; i < 4; ++i) {
        s.runs[i].scenario = tried[i];
        s.runs[i].api.throttled = s.runs[i].api.faults = 1;
        s.runs[i].recovery.killed = kill_target::itself;
    }
    s.runs[3].recovery.killed = kill_target::connections;
    s.chaos = "kill-run@50%";
    s.target_time_s = 1;
    s.memory_budget_bytes = 1;
    CHECK(readiness_lines(s).size() == 1);
}

TEST_CASE("a session asks for readiness by a scenario, a kill, a target or a budget", "[trouble_tables]") {
    const auto plain = test::sample_session();
    CHECK_FALSE(asks_for_readiness(plain));
    CHECK_FALSE(asks_for_readiness({}));
    auto scenario = plain, chaos = plain, target = plain, budget = plain, old = plain;
    scenario.runs[3].scenario = "flaky";
    chaos.chaos = "kill-worker@50%";
    target.target_time_s = 10;
    budget.memory_budget_bytes = 1;
    old.target_time_s = std::nan("");  // as parsed from an old result
    CHECK(asks_for_readiness(scenario));
    CHECK(asks_for_readiness(chaos));
    CHECK(asks_for_readiness(target));
    CHECK(asks_for_readiness(budget));
    CHECK_FALSE(asks_for_readiness(old));
}
