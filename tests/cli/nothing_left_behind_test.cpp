// Nothing is left behind: no process, no socket, no directory, however pipebench ends.
#include "support/saved.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// A run that takes minutes unless a test ends it.
std::vector<std::string> long_run(const std::vector<std::string>& more = {}) {
    std::vector<std::string> out{"-n", "100000", "-p", "semaphore,thread-pool", "-c", "4", "--http-latency", "20ms"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// Waits until the run's process exists and has orders in flight.
bool is_under_way(const user& someone) {
    return comes_true([&] { return !running(someone, "_run").empty() && !running(someone, "mock-api").empty(); });
}

/// Waits until the run has written orders to the given PostgreSQL.
bool has_stored_orders() {
    return comes_true([] {
        const auto tables = sql("SELECT schemaname FROM pg_tables WHERE tablename = 'semaphore_1'");
        return !tables.empty() &&
               count(fmt::format("SELECT count(*) FROM \"{}\".semaphore_1", tables[0][0].c_str())) > 0;
    });
}

}  // namespace

TEST_CASE("a run that succeeds leaves nothing behind", "[clean]") {
    const user someone;
    const auto end = someone.run_pipebench({"-n", "20", "--http-latency", "5ms", "--db-latency", "5ms"});
    CHECK(end.code == 0);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a run that cannot begin leaves nothing behind", "[clean]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench({"-n", "20", "--redis", "redis://127.0.0.1:1", "--export-json", file});
    CHECK(end.code == 2);
    CHECK(someone.left_behind().empty());
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(std::filesystem::is_empty(std::filesystem::path(file).parent_path()));
}

TEST_CASE("a run whose every order fails is a result, and leaves nothing behind", "[clean]") {
    const user someone;
    const auto file = someone.file("r.json");
    const scripted_server api(orders_for_checks_only());
    const auto end = someone.run_pipebench(
        {"-n", "20", "-p", "semaphore", "--attempts", "1", "--target", api.url(), "--export-json", file});
    CAPTURE(end.err);
    CHECK(saved(file)["runs"][0]["failed"] == 20);
    CHECK(saved(file)["runs"][0]["ledger"]["lost"] == 0);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a signal ends a run with its exit code and a partial result that says so", "[clean][signal]") {
    const auto [number, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
    const user someone;
    const auto file = someone.file("r.json");
    running_command under_way(someone.pipebench(long_run({"--postgres", postgres(), "--export-json", file})));
    REQUIRE(has_stored_orders());
    under_way.signal(number);
    const auto end = under_way.wait();
    CAPTURE(end.err);
    CHECK(end.code == code);
    CHECK(contains(end.out, "semaphore"));
    CHECK(contains(end.out, "INTERRUPTED"));
    const auto result = saved(file);
    CHECK(result["interrupted"] == true);
    REQUIRE(result["runs"].size() == 1);  // the second pattern was not begun
    CHECK(result["runs"][0]["interrupted"] == true);
    CHECK(result["runs"][0]["stored"] > 0);
    CHECK(result["runs"][0]["not_started"] > 0);
    CHECK(result["runs"][0]["ledger"]["lost"] == 0);
    CHECK(result["runs"][0]["ledger"]["rows"] == result["runs"][0]["stored"]);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a second signal ends a run that drains too long", "[clean][signal]") {
    const user someone;
    running_command under_way(
        someone.pipebench({"-n", "50", "-p", "semaphore", "-c", "50", "--http-latency", "1h", "--order-timeout", "1h",
                           "--attempt-timeout", "1h", "--grace", "10m"}));
    REQUIRE(is_under_way(someone));
    CHECK(comes_true([&] {
        under_way.signal(SIGINT);  // repeatedly, since two pending signals count as one
        return running(someone, "_run").empty();
    }));
    CHECK(under_way.wait().code == 130);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a run that does not drain within its grace is killed", "[clean][signal]") {
    const user someone;
    running_command under_way(
        someone.pipebench({"-n", "50", "-p", "thread-pool", "-c", "50", "--http-latency", "1h", "--order-timeout",
                           "1h", "--attempt-timeout", "1h", "--grace", "200ms"}));
    REQUIRE(is_under_way(someone));
    under_way.signal(SIGTERM);
    CHECK(under_way.wait().code == 143);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a signal that comes when the last run has ended loses no result", "[clean][signal]") {
    const user someone;
    running_command under_way(someone.pipebench({"-n", "20", "-p", "semaphore", "--http-latency", "1ms"}));
    REQUIRE(under_way.says("orders/s, "));
    under_way.signal(SIGINT);
    const auto end = under_way.wait();
    CAPTURE(end.err);
    CHECK(end.signal == 0);
    CHECK(contains(end.out, "semaphore"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("pipebench killed outright takes all it started with it, and the next start sweeps up", "[clean][signal]") {
    const std::string pattern = GENERATE("process-pool", "redis-streams", "thread-pool");
    const user someone;
    running_command under_way(
        someone.pipebench({"-n", "100000", "-p", pattern, "-c", "4", "--http-latency", "20ms"}));
    REQUIRE(is_under_way(someone));
    under_way.signal(SIGKILL);
    CHECK(under_way.wait().signal == SIGKILL);
    CHECK(comes_true([&] { return someone.processes().empty(); }));
    REQUIRE_FALSE(someone.left_behind().empty());  // the directory, which a dead process cannot remove
    CHECK(someone.run_pipebench({"-n", "5", "-p", "fan-out"}).code == 0);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("two sessions at the same time do not touch each other's servers", "[clean]") {
    const user someone;
    const std::vector<std::string> arguments{"-n", "100", "-c", "4", "--http-latency", "10ms", "--db-latency", "0s"};
    running_command one(someone.pipebench(arguments)), other(someone.pipebench(arguments));
    CHECK(one.wait().code == 0);
    CHECK(other.wait().code == 0);
    CHECK(someone.left_behind().empty());
}
