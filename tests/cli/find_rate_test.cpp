// The searches under open load as a user sees them: a sentence and a table, and one clear line for bad input.
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench::test;

namespace {

using words = std::vector<std::string>;

/// 20 ms an order, points of a second, on a machine that may be busy.
words search_and(words command, const words& more) {
    command.insert(command.end(), {"--http-latency", "10ms", "--db-latency", "10ms", "--busy-limit", "100%"});
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

}  // namespace

TEST_CASE("the highest rate of two permits is found below what they can do", "[find_rate]") {
    const user someone;
    const auto file = someone.file("r.json");
    // 20 ms and two permits: 100/s at most.
    const auto end = run(someone.pipebench(search_and(
                             {"sweep", "--find-rate", "-p", "semaphore"},
                             {"--permits", "2", "--slo", "p90<500ms", "--duration", "2s", "--export-json", file})),
                         4 * patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "at p90<500ms: semaphore "));
    CHECK(contains(end.err, "semaphore at 50/s: met"));
    const auto found = saved(file)["patterns"][0];
    REQUIRE(found["met"].is_number());
    CHECK(found["confirmed"] == true);
    CHECK(found["met"].get<double>() >= 25);
    CHECK(found["met"].get<double>() < 100);
    CHECK(found["not_met"].get<double>() > found["met"].get<double>());
    CHECK(found["points"][0]["result"]["parameters"]["duration"] == "2s");
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a plan finds how many permits and workers a rate needs", "[find_rate][plan]") {
    const user someone;
    const auto file = someone.file("p.json");
    // 100/s of 20 ms are 2 erlang.
    const auto end =
        run(someone.pipebench(search_and({"plan", "--rate", "100/s", "-p", "semaphore,redis-streams"},
                                         {"--slo", "p90<400ms", "--duration", "2s", "--export-json", file})),
            4 * patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(end.out.starts_with("100 orders/s within p90<400ms: "));
    const auto plan = saved(file);
    REQUIRE(plan["patterns"].size() == 2);
    for (const auto& p : plan["patterns"]) {
        CAPTURE(p["pattern"]);
        REQUIRE(p["met"].is_number());
        CHECK(p["met"].get<double>() >= 3);
        CHECK(p["met"].get<double>() <= 6);
        CHECK(p["confirmed"] == true);
        CHECK(p["expected"].get<int>() >= 3);
    }
    CHECK(plan["patterns"][1]["points"][0]["result"]["parameters"]["batch"] == 1);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a search for a rate that cannot be is one clear line, and nothing is measured", "[find_rate][refusal]") {
    struct wrong {
        words options, said;
    };
    const auto [options, said] = GENERATE(
        wrong{{}, {"--find-rate", "--slo 'p99<500ms'"}},
        wrong{{"--slo", "p99<500ms", "--rate", "10/s"}, {"--find-rate", "leave it out", "--rate"}},
        wrong{{"--slo", "p99<500ms", "--rate", "10/s,20/s"}, {"--find-rate", "--rate"}},
        wrong{{"--slo", "p99<500ms", "--ramp", "1/s..2/s"}, {"--find-rate", "--ramp"}},
        wrong{{"--slo", "p99<500ms", "--steps", "1/s,2/s", "--duration", "1s"}, {"--find-rate", "--steps"}},
        wrong{{"--slo", "p99<500ms", "-n", "100"}, {"--find-rate", "--duration", "-n"}},
        wrong{{"--slo", "p99<500ms", "-c", "10,20"}, {"--find-rate", "--concurrency has a list"}},
        wrong{{"--slo", "p99<500ms", "-r", "3"}, {"--find-rate", "--repeat"}},
        wrong{{"--slo", "p99<500ms", "--find-limit"}, {"--find-rate and --find-limit"}},
        wrong{{"--slo", "p99<200ms"}, {"--slo", "p99<200ms is not longer than the 200ms", "no rate can meet it"}});
    const user someone;
    words all{"sweep", "--find-rate"};
    all.insert(all.end(), options.begin(), options.end());
    CAPTURE(all);
    check_refusal(someone.run_pipebench(all), said);
}

TEST_CASE("a plan that cannot be is one clear line, and nothing is measured", "[find_rate][plan][refusal]") {
    struct wrong {
        words options, said;
    };
    const auto [options, said] = GENERATE(
        wrong{{"--slo", "p99<500ms"}, {"plan", "--rate 50k/h"}},
        wrong{{"--rate", "10/s"}, {"plan", "--slo 'p99<500ms'"}},
        wrong{{"--rate", "10/s", "--slo", "p99<500ms", "--permits", "5"}, {"plan", "--permits", "leave it out"}},
        wrong{{"--rate", "10/s", "--slo", "p99<500ms", "-c", "5"}, {"plan", "--concurrency"}},
        wrong{{"--rate", "10/s", "--slo", "p99<500ms", "-n", "5"}, {"plan", "-n"}},
        wrong{{"--rate", "10/s", "--slo", "p99<100ms"}, {"--slo", "no rate can meet it"}},
        wrong{{"--rate", "10/s", "--slo", "p99<500ms", "--scenario", "clean,flaky"}, {"plan", "--scenario"}});
    const user someone;
    words all{"plan"};
    all.insert(all.end(), options.begin(), options.end());
    CAPTURE(all);
    check_refusal(someone.run_pipebench(all), said);
}
