// --assert, as CI uses it: a failed assertion is in the first line and in the exit code.
#include "support/finished_session.hpp"
#include "support/sample_result.hpp"
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

std::vector<std::string> two_patterns(const std::vector<std::string>& more) {
    auto out = quick_and({"-q", "-p", "semaphore,thread-pool"});
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// A saved result of two patterns without assertions.
const finished_session& plain_run() {
    static const finished_session session(two_patterns({}));
    REQUIRE(session.end.code == 0);
    return session;
}

/// Two rounds with one assertion that holds and one that fails.
const finished_session& failed_run() {
    static const finished_session session(
        two_patterns({"--repeat", "2", "--assert", "semaphore.stored == 80", "--assert", "all.stored < 80"}));
    return session;
}

}  // namespace

TEST_CASE("conditions that hold are said first, and all is well", "[assert]") {
    const user someone;
    const auto path = someone.file("r.json");
    const auto end =
        someone.run_pipebench(two_patterns({"--assert", "all.lost == 0", "--assert",
                                            "thread_pool.time_s < 100 * semaphore.time_s", "--export-json", path}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    const auto lines = lines_of(end.out);
    REQUIRE(lines.size() > 2);
    CHECK(contains(lines[0], "all.lost == 0"));
    CHECK(contains(lines[1], "thread_pool.time_s < 100 * semaphore.time_s"));
    CHECK_FALSE(contains(end.out, "FAILED"));
    const auto assertions = saved(path)["assertions"];
    REQUIRE(assertions.size() == 2);
    CHECK(assertions[0]["text"] == "all.lost == 0");
    CHECK(assertions[0]["held"] == true);
    CHECK(contains(assertions[1]["detail"], "semaphore.time_s = "));
}

TEST_CASE("a condition that does not hold is said first, with its values, and is the exit code", "[assert]") {
    const auto& end = failed_run().end;
    CAPTURE(end.out, end.err);
    CHECK(end.code == 1);
    const auto lines = lines_of(end.out);
    REQUIRE(lines.size() > 2);
    CHECK_FALSE(contains(lines[0], "FAILED"));
    CHECK(contains(lines[1], "FAILED"));
    CHECK(contains(lines[1], "all.stored < 80"));
    CHECK(contains(lines[1], "semaphore.stored = 80"));
    const auto assertions = failed_run().result()["assertions"];
    CHECK(assertions[0]["held"] == true);
    CHECK(assertions[1]["held"] == false);
    CHECK(failed_run().left_behind().empty());
}

TEST_CASE("a condition on what is not there is refused with the list, before anything is started", "[assert]") {
    const auto [condition, parts] = GENERATE(table<std::string, std::vector<std::string>>(
        {{"semaphore.speed > 1", {"'speed' is not a metric", "throughput"}},
         {"semaphor.time_s > 1", {"'semaphor' is not a pattern", "did you mean 'semaphore'?", "thread_pool", "all"}},
         {"fan_out.time_s > 1", {"'fan_out' is not a pattern of this session"}},
         {"all.lost", {"is not a condition"}},
         {"", {"empty"}}}));
    const user someone;
    const auto path = someone.file("r.json");
    const auto end = someone.run_pipebench({"-n", "10000", "-p", "semaphore,thread-pool", "--assert", "all.lost == 0",
                                            "--assert", condition, "--export-json", path});
    CAPTURE(end.err);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    REQUIRE(lines_of(end.err).size() == 1);  // no server was started, since that prints a line
    CHECK(contains(end.err, "--assert"));
    for (const auto& part : parts) CHECK(contains(end.err, part));
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a saved result says again what was asked of it", "[assert][report]") {
    REQUIRE(failed_run().end.code == 1);
    const auto again = failed_run().report({});
    CHECK(again.out == failed_run().end.out);
    CHECK(again.code == 0);  // it has no assertion itself
}

TEST_CASE("a saved result can be asked more", "[assert][report]") {
    const auto& someone = plain_run();
    const auto held = someone.report({"--assert", "all.lost == 0"});
    CHECK(held.code == 0);
    CHECK(contains(lines_of(held.out).at(0), "all.lost == 0"));
    const auto failed = someone.report({"--assert", "all.lost == 0", "--assert", "semaphore.stored > 40"});
    CHECK(failed.code == 1);
    CHECK(contains(lines_of(failed.out).at(1), "FAILED"));
    const auto document = someone.report({"--format", "json", "--assert", "semaphore.stored > 40"});
    CHECK(document.code == 1);
    CHECK(json::parse(document.out)["assertions"].size() == 1);
    CHECK(someone.result()["assertions"].empty());
}

TEST_CASE("a saved result that is asked for what it has not is one line", "[assert][report]") {
    const auto& someone = plain_run();
    for (const std::string condition : {"fan_out.time_s > 1", "semaphore.speed > 1", "1 > 0"}) {
        const auto end = someone.report({"--assert", condition});
        CAPTURE(end.err);
        CHECK(end.code == 2);
        CHECK(end.out.empty());
        CHECK(lines_of(end.err).size() == 1);
        CHECK(contains(end.err, "--assert '" + condition + "'"));
    }
}

TEST_CASE("a saved result that is not to be trusted answers no condition: exit 3, as a run", "[assert][report]") {
    const user someone;
    auto s = test::sample_session();
    const auto report = [&](std::vector<std::string> more) {
        std::ofstream(someone.file("r.json")) << nlohmann::ordered_json(s).dump();
        more.insert(more.begin(), {"report", someone.file("r.json")});
        return someone.run_pipebench(std::move(more));
    };
    const std::string holds = "semaphore.time_s > 0";
    CHECK(report({"--assert", holds}).code == 0);
    s.runs[0].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    const auto end = report({"--assert", holds});
    CHECK(end.code == 3);
    CHECK(contains(end.out, "held"));
    CHECK(report({"--assert", "semaphore.time_s < 0"}).code == 3);
    CHECK(report({}).code == 0);
    s = test::sample_session();
    s.warmup_runs = {s.runs[0]};
    s.warmup_runs[0].ledger.lost = 1;
    CHECK(report({"--assert", holds}).code == 3);
}

TEST_CASE("a partial result answers, and says that it is partial", "[assert][report]") {
    const user someone;
    auto s = test::sample_session();
    s.interrupted = true;
    std::ofstream(someone.file("r.json")) << nlohmann::ordered_json(s).dump();
    const auto end = someone.run_pipebench({"report", someone.file("r.json"), "--assert", "all.lost == 0"});
    CHECK(end.code == 0);
    CHECK(contains(end.out, "INTERRUPTED: not all runs were made"));
    CHECK(contains(end.out, "all.lost == 0"));
}

TEST_CASE("an empty result has no pattern to ask for", "[assert][report]") {
    const user someone;
    const auto end = someone.run_pipebench({"report", "/dev/null", "--assert", "all.lost == 0"});
    CHECK(end.code == 2);
    CHECK(lines_of(end.err).size() == 1);
}
