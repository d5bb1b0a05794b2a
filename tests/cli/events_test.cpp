// --events: what happens in a session, line by line, as a program that follows it reads it.
#include "support/command.hpp"
#include "support/redis_server.hpp"
#include "support/saved.hpp"
#include "support/schema.hpp"
#include "support/services.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

/// The lines of a file, each of which must follow the schema.
class events_in {
public:
    explicit events_in(const std::string& file) {
        if (can_validate()) CHECK(fault_of(file, "event") == "");
        for (const auto& line : lines_of(read_file(file))) all.push_back(json::parse(line));
    }

    [[nodiscard]] std::vector<json> of(const std::string& name) const {
        std::vector<json> out;
        std::ranges::copy_if(all, std::back_inserter(out), [&](const json& e) { return e["event"] == name; });
        return out;
    }
    [[nodiscard]] json one(const std::string& name) const {
        const auto found = of(name);
        CAPTURE(name, all);
        REQUIRE(found.size() == 1);
        return found[0];
    }
    /// Those of these names, in order.
    [[nodiscard]] names order_of(const std::set<std::string>& wanted) const {
        names out;
        for (const json& e : all)
            if (wanted.contains(e["event"])) out.push_back(e["event"]);
        return out;
    }

    std::vector<json> all;
};

std::string events_file(const user& someone) { return someone.file("events.jsonl"); }

/// Ends with any code but 2.
command_end measure(const user& someone, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--events", events_file(someone), "--busy-limit", "100%"});
    auto end = run(someone.pipebench(std::move(arguments)), 5 * test::patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code != 2);
    return end;
}

}  // namespace

TEST_CASE("three rounds are a session with three runs, each with its number, and times that never fall", "[events]") {
    const user someone;
    measure(someone, quick_and({"-p", "semaphore", "-r", "3"}));
    const events_in seen(events_file(someone));
    REQUIRE(seen.all.size() >= 8);
    CHECK(seen.all.front()["event"] == "session_begins");
    CHECK(seen.all.back()["event"] == "session_ends");
    CHECK(seen.all.back()["runs"] == 3);
    CHECK(seen.order_of({"run_begins", "run_ends"}) ==
          names{"run_begins", "run_ends", "run_begins", "run_ends", "run_begins", "run_ends"});
    unsigned number = 0;
    for (const auto& end : seen.of("run_ends")) {
        CHECK(end["run"] == ++number);
        CHECK(end["round"] == number);
        CHECK(end["pattern"] == "semaphore");
        CHECK(end["scenario"] == "clean");
        CHECK(end["stored"] == 40);
        CHECK(end["lost"] == 0);
        CHECK(end["at"] == end["seconds"]);
    }
    CHECK(std::ranges::is_sorted(seen.all, {}, [](const json& e) { return e["time"].get<std::string>(); }));
}

TEST_CASE("a worker that is killed: the kill, its death, its replacement and what was given out again, in order",
          "[events][chaos]") {
    const user someone;
    const auto result = someone.file("r.json");
    measure(someone, {"-n",
                      "200",
                      "-c",
                      "8",
                      "--http-latency",
                      "20ms",
                      "--db-latency",
                      "5ms",
                      "-p",
                      "redis-streams",
                      "--workers",
                      "4",
                      "--processes",
                      "2",
                      "--lease",
                      "500ms",
                      "--chaos",
                      "kill-worker@50%",
                      "--export-json",
                      result});
    const events_in seen(events_file(someone));
    CHECK(seen.order_of({"run_begins", "kill", "process_died", "restart", "run_ends"}) ==
          names{"run_begins", "kill", "process_died", "restart", "run_ends"});
    const auto kill = seen.one("kill"), died = seen.one("process_died"), restart = seen.one("restart");
    CHECK(kill["target"] == "worker");
    CHECK(kill["hit"] == true);
    CHECK(died["process"] == kill["process"]);
    CHECK(contains(died["how"].get<std::string>(), "signal 9"));
    CHECK(restart["what"] == "worker");
    CHECK(restart["process"] != kill["process"]);
    CHECK(kill["at"] <= died["at"]);
    CHECK(died["at"] <= restart["at"]);
    CHECK(restart["at"] <= seen.one("run_ends")["at"]);
    const auto run = saved(result)["runs"][0];
    CHECK(notes_that_say(run, kill["text"].get<std::string>()) == 1);
    const auto& kept = run["events"];
    REQUIRE(kept.size() == 3);
    CHECK(kept[0]["event"] == "kill");
    CHECK(kept[0]["at"] == kill["at"]);
    if (can_validate()) CHECK(fault_of(result, "result") == "");
    const auto again = someone.run_pipebench({"report", result, "--format", "json"});
    CHECK(again.out == read_file(result));
}

TEST_CASE("a run that is killed dies and is started again, and Redis that is killed is away for a while",
          "[events][chaos]") {
    const user someone;
    SECTION("the run") {
        measure(someone,
                {"-n", "100", "-c", "4", "--http-latency", "10ms", "-p", "semaphore", "--chaos", "kill-run@50%"});
        const events_in seen(events_file(someone));
        CHECK(seen.order_of({"kill", "process_died", "restart"}) == names{"kill", "process_died", "restart"});
        CHECK(seen.one("restart")["what"] == "run");
        CHECK(seen.one("process_died")["process"] == seen.one("kill")["process"]);
    }
    SECTION("Redis") {
        measure(someone, {"-n", "200", "-c", "8", "--http-latency", "10ms", "--lease", "500ms", "-p", "redis-streams",
                          "--workers", "4", "--processes", "2", "--chaos", "kill-redis@50%"});
        const events_in seen(events_file(someone));
        CHECK(seen.order_of({"outage_begins", "kill", "outage_ends"}) ==
              names{"outage_begins", "kill", "outage_ends"});
        const auto end = seen.one("outage_ends");
        CHECK(end["service"] == "redis");
        CHECK(end["from_s"] == seen.one("outage_begins")["at"]);
        CHECK(end["to_s"] > end["from_s"]);
    }
}

TEST_CASE("an API that throttles does so from a time to a time", "[events]") {
    const user someone;
    const auto scenario =
        scenario_file(someone, "narrow",
                      {{"api", {{"throttle", {{"concurrent", 2}, {"per_second", 1000}, {"retry_after", "1s"}}}}}});
    const auto result = someone.file("r.json");
    measure(someone, quick_and({"-p", "semaphore", "--scenario", scenario, "--export-json", result}));
    const events_in seen(events_file(someone));
    REQUIRE_FALSE(seen.of("throttling_begins").empty());
    REQUIRE(seen.of("throttling_begins").size() == seen.of("throttling_ends").size());
    std::uint64_t requests = 0;
    for (const auto& end : seen.of("throttling_ends")) {
        CHECK(end["from_s"] <= end["to_s"]);
        requests += end["requests"].get<std::uint64_t>();
    }
    CHECK(requests == saved(result)["runs"][0]["api"]["throttled"]);
    CHECK(seen.one("run_ends")["scenario"] == "narrow");
}

TEST_CASE("an API that is away is an outage from a time to a time", "[events]") {
    const user someone;
    const auto scenario = scenario_file(someone, "away", {{"api", {{"outage", {{"at", 0.5}, {"time", "300ms"}}}}}});
    measure(someone, quick_and({"-p", "semaphore", "--scenario", scenario}));
    const events_in seen(events_file(someone));
    CHECK(seen.order_of({"outage_begins", "outage_ends"}) == names{"outage_begins", "outage_ends"});
    const auto end = seen.one("outage_ends");
    CHECK(end["service"] == "mock-api");
    CHECK(end["to_s"].get<double>() - end["from_s"].get<double>() <= 0.301);
}

TEST_CASE("each order that fails has its line, in every pattern", "[events]") {
    const user someone;
    const auto scenario =
        faulty_api(someone, "picky", json::array({{{"kind", "status"}, {"share", 0.2}, {"status", 404}}}));
    const auto result = someone.file("r.json");
    measure(someone, quick_and({"--scenario", scenario, "--export-json", result}));
    const events_in seen(events_file(someone));
    const auto runs = saved(result)["runs"];
    REQUIRE(runs.size() == 5);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        CAPTURE(runs[i]["pattern"]);
        std::set<std::uint64_t> orders;
        for (const auto& e : seen.of("order_failed")) {
            if (e["run"] != i + 1) continue;
            orders.insert(e["order"].get<std::uint64_t>());
            CHECK(e["stage"] == "fetch");
            CHECK(e["kind"] == "rejected");
            CHECK(e["reason"] == "answered 404");
            CHECK(e["attempt"] == 1);
        }
        CHECK(orders.size() > 0);
        CHECK(orders.size() == runs[i]["failed"].get<std::size_t>());
    }
    CHECK(seen.of("failures_left_out").empty());
}

TEST_CASE("of failures beyond the limit the last line says the number", "[events]") {
    const user someone;
    measure(someone, {"-n", "1100", "-p", "fan-out", "--http-latency", "0ms", "--db-latency", "0ms", "--scenario",
                      api_of_only(someone, "status", {{"status", 404}})});
    const events_in seen(events_file(someone));
    CHECK(seen.of("order_failed").size() == 1000);
    CHECK(seen.one("failures_left_out")["orders"] == 100);
}

TEST_CASE("an order that kills every worker is a dead letter, and its deaths are told", "[events][chaos]") {
    const user someone;
    const auto scenario = scenario_file(someone, "deadly", {{"poison", {7}}});
    measure(someone, quick_and({"-p", "redis-streams", "--workers", "4", "--processes", "2", "--lease", "300ms",
                                "--scenario", scenario}));
    const events_in seen(events_file(someone));
    CHECK(seen.one("dead_letter")["order"] == 7);
    CHECK(seen.of("process_died").size() >= 2);
    CHECK_FALSE(seen.of("restart").empty());
    CHECK_FALSE(seen.of("redelivery").empty());
}

TEST_CASE("an open run that cannot keep up is saturated", "[events]") {
    const user someone;
    measure(someone, {"-p", "semaphore", "-c", "2", "--rate", "200/s", "--duration", "1s", "--http-latency", "20ms",
                      "--db-latency", "20ms"});
    const events_in seen(events_file(someone));
    CHECK(seen.order_of({"saturated", "run_ends"}) == names{"saturated", "run_ends"});
    CHECK(seen.one("saturated")["achieved_per_s"] < seen.one("saturated")["offered_per_s"]);
}

TEST_CASE("every warning of the report is an event", "[events]") {
    const user someone;
    const auto result = someone.file("r.json");
    measure(someone, quick_and({"-p", "semaphore", "--no-watch", "--export-json", result}));
    const events_in seen(events_file(someone));
    const auto warnings = saved(result)["warnings"];
    REQUIRE_FALSE(warnings.empty());
    REQUIRE(seen.of("warning").size() == warnings.size());
    for (std::size_t i = 0; i < warnings.size(); ++i) CHECK(seen.of("warning")[i]["text"] == warnings[i]);
}

TEST_CASE("a sweep has a session for each point, and a gate a run for each of its binaries", "[events]") {
    const user someone;
    SECTION("sweep") {
        measure(someone, {"sweep", "-p", "semaphore", "-c", "4,8", "-n", "40", "--http-latency", "5ms"});
        CHECK(events_in(events_file(someone)).order_of({"session_begins", "run_ends", "session_ends"}) ==
              names{"session_begins", "run_ends", "session_ends", "session_begins", "run_ends", "session_ends"});
    }
    SECTION("gate") {
        const auto end =
            run(someone.pipebench({"gate", "--baseline", PIPEBENCH_BINARY, "-p", "semaphore", "-n", "40", "-c", "4",
                                   "--repeat", "8", "--http-latency", "2ms", "--events", events_file(someone)}),
                5 * test::patience);
        CHECK(end.code != 2);
        const events_in seen(events_file(someone));
        CHECK(seen.of("run_ends").size() >= 24);
        CHECK(seen.of("run_begins").size() == seen.of("run_ends").size());
        CHECK(seen.one("session_ends")["interrupted"] == false);
    }
}

TEST_CASE("lines are there while the run goes on, and a signal ends the session with one", "[events][signal]") {
    const user someone;
    running_command session(someone.pipebench({"-p", "semaphore", "-c", "1", "-n", "1000", "--http-latency", "1s",
                                               "--grace", "2s", "--events", events_file(someone)}));
    REQUIRE(comes_true([&] {
        return std::filesystem::exists(events_file(someone)) &&
               contains(read_file(events_file(someone)), "run_begins");
    }));
    session.signal(SIGINT);
    CHECK(session.wait().code == 130);
    const events_in seen(events_file(someone));
    CHECK(seen.all.back()["event"] == "session_ends");
    CHECK(seen.all.back()["interrupted"] == true);
}

// --- the file ---

TEST_CASE("a file that cannot be written is refused before anything starts", "[events][bad-input]") {
    const user someone;
    const auto refused = [&](const std::string& path, const std::vector<std::string>& said) {
        check_refusal(someone.run_pipebench(quick_and({"-p", "semaphore", "--events", path})), said);
    };
    refused(someone.file("missing/events"), {"--events: cannot write ", "No such file"});
    refused("/", {"--events: cannot write /: "});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a named pipe that nobody reads is refused, and not waited for", "[events][bad-input]") {
    const user someone;
    const auto pipe = someone.file("pipe");
    REQUIRE(run({{"mkfifo", pipe}, {}}).code == 0);
    check_refusal(someone.run_pipebench(quick_and({"-p", "semaphore", "--events", pipe})),
                  {"--events: cannot write "});
}

TEST_CASE("a disk that fills up is one warning, and the run goes on", "[events]") {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore", "-q", "--events", "/dev/full"}));
    CAPTURE(end.err);
    CHECK(end.code != 2);
    CHECK(contains(end.out, "semaphore"));
    CHECK(lines_of(end.err) ==
          names{"pipebench: warning: --events: cannot write /dev/full: No space left on device; the run goes on"});
}

TEST_CASE("stdout has the events if the result has a file, and is refused where it has not", "[events]") {
    const user someone;
    const auto refused = [&](const std::vector<std::string>& more, const std::vector<std::string>& said) {
        auto all = quick_and({"-p", "semaphore", "--events", "-"});
        all.insert(all.end(), more.begin(), more.end());
        check_refusal(someone.run_pipebench(all), said);
    };
    refused({}, {"--events: - is stdout", "--export-json"});
    refused({"--export-json", "-"}, {"--events: --export-json goes there, too"});
    const auto result = someone.file("r.json");
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore", "-q", "--events", "-", "--export-json", result}));
    CHECK(end.code != 2);
    const auto lines = lines_of(end.out);
    REQUIRE(lines.size() >= 4);
    for (const auto& line : lines) CHECK(json::parse(line).contains("time"));
    CHECK(saved(result)["runs"].size() == 1);
}

TEST_CASE("no event has a secret", "[events][secrets]") {
    const user someone;
    const auto end = run(with_secret(
        someone.pipebench(quick_and({"-p", "semaphore", "--target", "http://someone:sekrit@127.0.0.1:1/sekrit",
                                     "--events", events_file(someone)}))));
    CHECK_FALSE(contains(end.err, "sekrit"));
    if (std::filesystem::exists(events_file(someone)))
        CHECK_FALSE(contains(read_file(events_file(someone)), "sekrit"));
}
