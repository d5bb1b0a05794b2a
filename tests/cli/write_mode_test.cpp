// --write-mode batch: every pattern stores each order once, whatever goes wrong meanwhile.
#include "pipebench/pattern.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace pipebench::test;

namespace {

void check_all_stored(const session_end& s) {
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, run.scenario, notes_of(run));
        CHECK(run.stored == run.orders);
        CHECK(run.ledger.rows == run.orders);
        CHECK(run.ledger.content_checked);
    }
}

}  // namespace

TEST_CASE("written in batches, every order of every pattern is stored once", "[write-mode]") {
    const user someone;
    const auto s = measure(someone, {.orders = 300, .in_flight = 30}, {"--write-mode", "batch"});
    REQUIRE(s.result.runs.size() == patterns().size());
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.ledger.redelivered == 0);
        CHECK(run.store_attempts == run.orders);
    }
    CHECK(s.result.parameters["write_mode"] == "batch");
    CHECK(s.result.parameters["write_batch"] == 100);
}

TEST_CASE("a batch of any size stores all orders, over any number of connections", "[write-mode]") {
    const user someone;
    const std::string rows = GENERATE("1", "2", "1000");
    const auto s = measure(someone, {.orders = 120, .in_flight = 30},
                           {"-p", "fan-out,thread-pool", "--write-mode", "batch", "--write-batch", rows,
                            "--db-connections", rows == "2" ? "1" : "5"});
    REQUIRE(s.result.runs.size() == 2);
    check_all_stored(s);
    for (const auto& run : s.result.runs) CHECK(run.ledger.redelivered == 0);
    CHECK(s.result.parameters["write_batch"] == std::stoi(rows));
}

TEST_CASE("threads share their connections row by row, too", "[write-mode]") {
    const user someone;
    const auto s = measure(someone, {.orders = 120, .in_flight = 30}, {"-p", "thread-pool", "--db-connections", "2"});
    check_all_stored(s);
    CHECK(s.result.parameters["write_mode"] == "row");
}

TEST_CASE("batches into a slow database store every order", "[write-mode][trouble]") {
    const user someone;
    const auto s =
        measure(someone, {.orders = 100, .in_flight = 20}, {"--write-mode", "batch", "--scenario", "slow-db"});
    REQUIRE(s.result.runs.size() == patterns().size());
    check_all_stored(s);
}

TEST_CASE("batches of orders from an API that fails now and then keep the books balanced", "[write-mode][trouble]") {
    const user someone;
    const auto often = faulty_api(someone, "often",
                                  {{{"kind", "status"}, {"share", 0.05}, {"status", 503}},
                                   {{"kind", "reset"}, {"share", 0.05}},
                                   {{"kind", "not-json"}, {"share", 0.05}}});
    const auto s = measure(someone, {.orders = 200, .in_flight = 40},
                           {"--write-mode", "batch", "--write-batch", "5", "--scenario", "flaky," + often});
    REQUIRE(s.result.runs.size() == 2 * patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, run.scenario);
        CHECK(run.stored > 0);
        CHECK(run.store_attempts == run.stored);  // failed orders failed before they reached a batch
        CHECK(run.ledger.redelivered == 0);
        if (run.scenario == "often") CHECK(run.api.faults > 0);
    }
}

TEST_CASE("connections that are terminated amid their batches lose nothing", "[write-mode][trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 200, .in_flight = 40, .http = "250ms"},
                           {"--write-mode", "batch", "--http-jitter", "uniform:250ms", "--scenario", "db-restart"});
    REQUIRE(s.result.runs.size() == patterns().size());
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, notes_of(run));
        CHECK(run.recovery.killed == kill_target::connections);
        CHECK_FALSE(contains(notes_of(run), "terminated 0 connections"));
    }
}
