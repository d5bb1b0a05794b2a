// Workers that are killed at work are reported with pid and signal and replaced, and no order is lost.
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// Kills one worker after all of them have started to work.
pid_t kill_one_of(const user& someone, std::size_t fleet) {
    REQUIRE(comes_true([&] { return workers(someone).size() == fleet; }));
    const pid_t victim = workers(someone).front().pid;
    ::kill(victim, SIGKILL);
    return victim;
}

std::string notes_of(const json& run) {
    std::string out;
    for (const auto& note : run["notes"]) out += note.get<std::string>() + '\n';
    return out;
}

void check_that_nothing_is_lost(const json& run, pid_t victim) {
    CAPTURE(run.dump(1));
    CHECK(run["stored"] == run["orders"]);
    CHECK(run["failed"] == 0);
    CHECK(run["ledger"]["rows"] == run["orders"]);
    CHECK(run["ledger"]["lost"] == 0);
    CHECK(run["ledger"]["corrupt"] == 0);
    CHECK(contains(notes_of(run), fmt::format("worker {} was killed by signal 9", victim)));
}

json result_of(running_command& under_way, const std::string& file) {
    const auto end = under_way.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    return json::parse(read_file(file))["runs"][0];
}

}  // namespace

TEST_CASE("a process-pool worker that is killed is replaced, and its order given to another", "[recovery]") {
    const user someone;
    const auto file = someone.file("r.json");
    running_command under_way(someone.pipebench({"-n", "100", "-p", "process-pool", "-c", "4", "--http-latency",
                                                 "50ms", "--db-latency", "10ms", "--export-json", file}));
    const auto victim = kill_one_of(someone, 4);
    check_that_nothing_is_lost(result_of(under_way, file), victim);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a redis-streams worker process that is killed loses nothing: its orders are taken over", "[recovery]") {
    const user someone;
    const auto file = someone.file("r.json");
    running_command under_way(someone.pipebench({"-n", "200", "-p", "redis-streams", "--workers", "4", "--processes",
                                                 "2", "--batch", "2", "--lease", "500ms", "--http-latency", "50ms",
                                                 "--db-latency", "10ms", "--export-json", file}));
    const auto victim = kill_one_of(someone, 2);
    check_that_nothing_is_lost(result_of(under_way, file), victim);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a process that transforms and is killed is replaced, and its order tried again", "[recovery]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench({"-n",
                                            "100",
                                            "-p",
                                            "semaphore",
                                            "-c",
                                            "4",
                                            "--http-latency",
                                            "10ms",
                                            "--db-latency",
                                            "10ms",
                                            "--transform-cost",
                                            "5ms",
                                            "--transform-on",
                                            "processes:2",
                                            "--chaos",
                                            "kill-worker@50%",
                                            "--busy-limit",
                                            "100%",
                                            "--export-json",
                                            file});
    CAPTURE(end.out, end.err);
    const auto run = json::parse(read_file(file))["runs"][0];
    CAPTURE(run.dump(1));
    CHECK(end.code == 0);
    CHECK(run["stored"] == 100);
    CHECK(run["ledger"]["corrupt"] == 0);
    CHECK(run["ledger"]["redelivered"] == 0);
    CHECK(run["transform_pool"]["transforms"] == 100);
    CHECK(run["transform_pool"]["deaths"] == 1);
    CHECK(someone.left_behind().empty());
}
