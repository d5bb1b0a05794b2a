// Orders that arrive on a schedule: what a user sees of them, from outside.
#include "support/redis_server.hpp"
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <thread>

using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// 20 ms an order, on a machine that may be busy.
std::vector<std::string> arriving(std::vector<std::string> more) {
    std::vector<std::string> out{"--http-latency", "10ms", "--db-latency", "10ms", "--busy-limit", "100%"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

void check_account(const nlohmann::json& run) {
    CAPTURE(run["pattern"], run["verdict"], run["notes"]);
    CHECK(run["ledger"]["lost"] == 0);
    CHECK(run["ledger"]["corrupt"] == 0);
    CHECK(run["ledger"]["unexpected"] == 0);
    const auto n = [](const nlohmann::json& value) { return value.get<std::uint64_t>(); };
    CHECK(n(run["orders"]) == n(run["stored"]) + n(run["failed"]) + n(run["dead_lettered"]) + n(run["not_started"]) +
                                  n(run["load"]["shed"]));
}

double number(const nlohmann::json& value) { return value.get<double>(); }

}  // namespace

TEST_CASE("100/s for 1 s is 100 orders in every pattern, and the table is about arrivals", "[open]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench({"-p", "all", "-c", "20", "--rate", "100/s", "--duration", "1s", "--slo",
                                            "p50<10s", "--http-latency", "50ms", "--db-latency", "50ms",
                                            "--busy-limit", "100%", "--export-json", file});
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    for (const char* said : {"Offered", "Achieved", "Wait p99", "Service p99", "p50<10s met"})
        CHECK(contains(end.out, said));
    CHECK(contains(end.err, "semaphore: 100 orders/s x 100 ms = 10 erlang, 50 % of the 20 that may be in flight"));
    const auto result = saved(file);
    CHECK(result["parameters"]["rate"] == "100/s");
    REQUIRE(result["runs"].size() == 5);
    for (const auto& run : result["runs"]) {
        check_account(run);
        CHECK(run["orders"] == 100);
        CHECK(run["stored"] == 100);
        CHECK(run["load"]["orders"] == 100);
        CHECK(number(run["time_s"]) >= 0.99);
        CHECK(number(run["load"]["service"]["p50_ms"]) >= 99);
        CHECK(number(run["latency"]["p50_ms"]) >= number(run["load"]["service"]["p50_ms"]) * 0.98);
        CHECK(run["efficiency"].is_null());
    }
}

TEST_CASE("a closed run has no load, and keeps its distribution", "[open]") {
    const user someone;
    const auto file = someone.file("r.json");
    CHECK(someone.run_pipebench(quick_and({"-p", "semaphore", "--export-json", file})).code == 0);
    const auto result = saved(file);
    CHECK_FALSE(result["parameters"].contains("rate"));
    const auto& run = result["runs"][0];
    CHECK_FALSE(run.contains("load"));
    std::uint64_t counted = 0;
    for (const auto& n : run["served"]["counts"]) counted += n.get<std::uint64_t>();
    CHECK(counted == run["stored"]);
}

TEST_CASE("more than a pattern can do is a saturated run, and its objective is not met", "[open]") {
    const user someone;
    const auto file = someone.file("r.json");
    // 5 in flight, 20 ms: 250/s, and 400/s arrive.
    const auto end =
        someone.run_pipebench(arriving({"-p", "semaphore,thread-pool,process-pool", "-c", "5", "--rate", "400/s",
                                        "--duration", "2s", "--slo", "p99<100ms", "--export-json", file}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 1);
    CHECK(contains(end.err, "more than the 5 that may be in flight can do (250/s): after 2 s 300 orders will wait"));
    const auto result = saved(file);
    for (const auto& run : result["runs"]) {
        check_account(run);
        CHECK(run["stored"] == 800);
        CHECK(run["load"]["saturated"] == true);
        CHECK(run["verdict"]["kind"] == "saturated");
        CHECK(number(run["load"]["queue_growth_per_s"]) > 75);
        CHECK(run["load"]["objectives"][0]["verdict"] == "not met");
    }
}

TEST_CASE("a full queue turns orders away: offered = stored + failed + shed", "[open]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(arriving({"-p", "all", "-c", "5", "--rate", "400/s", "--duration", "1s",
                                                     "--queue-limit", "10", "--export-json", file}));
    CAPTURE(end.out, end.err);
    const auto result = saved(file);
    REQUIRE(result["runs"].size() == 5);
    for (const auto& run : result["runs"]) {
        check_account(run);
        CHECK(run["not_started"] == 0);
        if (run["pattern"] == "fan-out") CHECK(run["load"]["shed"] == 0);
        else CHECK(run["load"]["shed"] > 0);
    }
}

TEST_CASE("a stall is seen by all who arrive in it: in the response, not in the service", "[open]") {
    const redis_server redis;
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(
        someone.pipebench(arriving({"-p", "redis-streams", "--redis", redis.tcp_url(), "--rate", "200/s",
                                    "--duration", "5s", "-c", "20", "--export-json", file})));
    REQUIRE(comes_true([&] {
        const auto keys = redis.ask({"KEYS", "pipebench:*:order_results"});
        return keys->elements == 1 && redis.ask({"XLEN", keys->element[0]->str})->integer >= 20;
    }));
    redis.signal(SIGSTOP);
    std::this_thread::sleep_for(1500ms);  // the stall
    redis.signal(SIGCONT);
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    const auto run = saved(file)["runs"][0];
    check_account(run);
    CHECK(run["stored"] == 1000);
    CHECK(number(run["latency"]["p99_ms"]) > 1000);
    CHECK(number(run["load"]["wait"]["p99_ms"]) > 1000);
    CHECK(number(run["load"]["service"]["p99_ms"]) < 500);
    CHECK(run["load"]["lateness_p99_ms"] < 100);  // orders arrive although Redis does not answer
}

TEST_CASE("a run that is killed does not restart its schedule, and does nothing twice", "[open][chaos]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(arriving({"-p", "semaphore", "--rate", "200/s", "--duration", "2s",
                                                     "--chaos", "kill-run@50%", "--export-json", file}));
    CAPTURE(end.out, end.err);
    const auto run = saved(file)["runs"][0];
    check_account(run);
    CHECK(run["recovery"]["runs"] == 2);
    CHECK(run["stored"] == 400);
    CHECK(number(run["ledger"]["redelivered"]) < 100);  // at most what was in flight
}

TEST_CASE("a signal while orders arrive ends the run with what there is", "[open][signal]") {
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(
        someone.pipebench(arriving({"-p", "semaphore", "--rate", "1/s", "--duration", "1h", "--export-json", file})));
    REQUIRE(comes_true([&] { return contains(session.err(), "semaphore: started"); }));
    session.signal(SIGINT);
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 130);
    CHECK(contains(end.out, "INTERRUPTED"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("orders that have not begun when the drain is over are unfinished, and not lost", "[open]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end =
        someone.run_pipebench(arriving({"-p", "semaphore,thread-pool,redis-streams", "-c", "4", "--rate", "1k/s",
                                        "-n", "1000", "--drain", "100ms", "--export-json", file}));
    CAPTURE(end.out, end.err);
    const auto result = saved(file);
    REQUIRE(result["runs"].size() == 3);
    for (const auto& run : result["runs"]) {
        check_account(run);
        CHECK(run["load"]["unfinished"] > 0);
        CHECK(run["not_started"] == run["load"]["unfinished"]);
        CHECK(run["verdict"]["kind"] == "saturated");
    }
}

TEST_CASE("what cannot arrive is refused in one line", "[open][refusal]") {
    struct wrong {
        std::vector<std::string> options, said;
    };
    const auto [options, said] = GENERATE(
        wrong{{"--rate", "14"}, {"--rate", "14/s, 840/m or 50k/h"}}, wrong{{"--rate", "0/s"}, {"--rate"}},
        wrong{{"--rate", "2M/s"}, {"--rate"}},
        wrong{{"--rate", "10/s", "--duration", "1s", "-n", "5"}, {"--duration", "leave out -n"}},
        wrong{{"--rate", "50k/h", "--duration", "24h", "--arrivals", "burst:0"}, {"--arrivals"}},
        wrong{{"--rate", "1k/s", "--duration", "24h"}, {"--duration", "10,000,000"}},
        wrong{{"--rate", "10/s", "--ramp", "1/s..2/s"}, {"--rate, --ramp and --steps"}},
        wrong{{"--ramp", "1/s..2/s"}, {"--ramp", "--duration"}},
        wrong{{"--duration", "1s"}, {"--duration", "--rate"}}, wrong{{"--slo", "p99<500ms"}, {"--slo", "--rate"}},
        wrong{{"--rate", "10/s", "--slo", "p99=500ms"}, {"--slo", "p99<500ms"}},
        wrong{{"--rate", "10/s", "--when-full", "wait"}, {"--when-full", "--queue-limit"}},
        wrong{{"--rate", "10/s", "-n", "20", "--warm-up", "10s"}, {"--warm-up"}},
        wrong{{"--rate", "10/s", "--no-watch"}, {"--no-watch"}});
    const user someone;
    check_refusal(someone.run_pipebench(options), said);
}

TEST_CASE("an open and a closed result are never compared", "[open][compare]") {
    const user someone;
    const auto open = someone.file("open.json"), closed = someone.file("closed.json");
    CHECK(someone.run_pipebench(arriving({"-p", "semaphore", "--rate", "100/s", "-n", "40", "--export-json", open}))
              .code == 0);
    CHECK(someone.run_pipebench(quick_and({"-p", "semaphore", "--export-json", closed})).code == 0);
    check_refusal(someone.run_pipebench({"compare", open, closed, "--allow-mismatch"}), {"not comparable", "--rate"});
}
