// A run that fails is a row that says so: it costs no other row. A result that cannot be saved is printed.
#include "services/throwaway_redis.hpp"
#include "support/saved.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <optional>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// Kills the program of a runner once it exists.
bool kill_sleeper(const user& someone) {
    return comes_true([&] {
        for (const auto& p : someone.processes())
            if (p.command_line.starts_with("sleep 1000")) return ::kill(p.pid, SIGKILL) == 0;
        return false;
    });
}

}  // namespace

TEST_CASE("a run that is killed from outside is a row that says so, and the others are measured", "[run]") {
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(
        someone.pipebench(quick_and({"-p", "semaphore,thread-pool", "--runner", "mine=echo here >&2; exec sleep 1000",
                                     "--runner", "other=exec sleep 1000", "--export-json", file})));
    for (const char* name : {"mine: started", "other: started"}) {
        REQUIRE(session.says(name));
        REQUIRE(kill_sleeper(someone));
    }
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    const auto result = saved(file);
    REQUIRE(result["runs"].size() == 4);
    CHECK(result["runs"][1]["stored"] == 40);
    CHECK(result["runs"][2]["verdict"]["text"] == "INVALID: it killed by signal 9 (Killed): here");
    CHECK(result["runs"][3]["verdict"]["kind"] == "invalid_death");
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a runner that cannot be started is a row that says so, and the others are measured", "[run][runner]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(
        quick_and({"-p", "semaphore", "--runner", "mine=true; exec /nonexistent/program", "--export-json", file}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    CHECK(contains(end.out, "not found"));
    const auto result = saved(file);
    REQUIRE(result["runs"].size() == 2);
    CHECK(result["runs"][0]["stored"] == 40);
    CHECK(result["runs"][1]["verdict"]["kind"] == "invalid_death");
}

TEST_CASE("a Redis that is gone costs the run that needs it, and no other", "[run][redis]") {
    const scratch_directory scratch(server_user("redis"));
    std::optional<throwaway_redis> server(scratch);
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(someone.pipebench(
        arguments_for({.orders = 400, .in_flight = 4, .http = "10ms", .db = "10ms"},
                      {"-p", "semaphore,redis-streams,thread-pool", "--attempt-timeout", "1s", "--order-timeout",
                       "2s", "--redis", server->url(), "--busy-limit", "100%", "--export-json", file})));
    REQUIRE(session.says("semaphore: started"));
    server.reset();
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    const auto result = saved(file);
    REQUIRE(result["runs"].size() == 3);
    CHECK(result["interrupted"] == false);
    CHECK(result["runs"][0]["stored"] == 400);
    CHECK(result["runs"][1]["verdict"]["trusted"] == false);
    CHECK(contains(result["runs"][1]["verdict"]["text"], "INVALID"));
    CHECK(result["runs"][2]["stored"] == 400);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a result that cannot be saved is printed, and the error comes after it", "[run]") {
    const user someone;
    const auto file = someone.file("r.csv");
    const auto end = someone.run_pipebench(
        quick_and({"-q", "-p", "semaphore", "--export-json", "/dev/full", "--export-csv", file}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 2);
    CHECK(contains(end.out, "semaphore"));
    CHECK(end.err == "pipebench: --export-json: cannot write /dev/full: No space left on device\n");
    CHECK(contains(read_file(file), "semaphore"));  // on another disk
}
