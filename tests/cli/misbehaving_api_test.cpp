// Scenarios: whatever the API or the database does, a run ends, and every order is accounted for. All runs must
// satisfy the same rules (support/trouble.hpp); each test adds checks for its own trouble.
#include "contracts/traffic.hpp"
#include "pipebench/pattern.hpp"
#include "support/saved.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

void check_all_stored(const session_end& s) {
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.stored == run.orders);
    }
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ",")); }

bool is_bounded(const run_result& run) { return run.pattern != "fan-out"; }

}  // namespace

TEST_CASE("a client that is told when to come back is never early, and stores every order", "[trouble]") {
    const user someone;
    const auto busy =
        faulty_api(someone, "busy", {{{"kind", "status"}, {"share", 0.1}, {"status", 503}, {"retry_after", "1s"}}});
    const auto s = measure(someone, {.orders = 40}, {"--scenario", busy});
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.api.early == 0);
        CHECK(run.api.faults > 0);
        CHECK(run.retries == run.api.faults);
    }
}

TEST_CASE("an API that always fails is not asked again and again: the retry budget holds", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 1000, .in_flight = 50, .http = "1ms"},
                           {"-p", "fan-out,semaphore", "--backoff-base", "1ms", "--scenario",
                            api_of_only(someone, "status", {{"status", 500}})});
    CHECK(s.end.code == 3);
    for (const auto& run : s.result.runs) {
        check_all_failed(run, "fetch", "server_error");
        CHECK(run.api.requests <= run.orders + run.orders / 5 + retry_reserve);
        CHECK(run.refused_retries > 0);
    }
}

TEST_CASE("without a retry budget there is the reserve, and no more", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 200, .http = "1ms"},
                           {"-p", "semaphore,process-pool", "--backoff-base", "1ms", "--retry-budget", "0%",
                            "--scenario", api_of_only(someone, "status", {{"status", 503}})});
    for (const auto& run : s.result.runs) {
        CHECK(run.retries == retry_reserve);
        CHECK(run.refused_retries > 0);
    }
}

TEST_CASE("requests that are never answered cost a timeout each, and no run hangs", "[trouble]") {
    const user someone;
    const auto hole = faulty_api(someone, "hole", {{{"kind", "black-hole"}, {"share", 0.05}}});
    const auto s = measure(someone, {}, {"--attempt-timeout", "300ms", "--scenario", hole});
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.api.faults > 0);
        CHECK(run.retries > 0);
        for (const auto& f : run.failures) CHECK(f.kind == error_kind::timeout);
    }
}

TEST_CASE("an API that answers nothing at all ends every order by its timeout", "[trouble]") {
    const user someone;
    const auto s =
        measure(someone, {.orders = 20, .in_flight = 20},
                {"--attempt-timeout", "300ms", "--attempts", "2", "--scenario", api_of_only(someone, "black-hole")});
    CHECK(s.end.code == 3);
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        check_all_failed(run, "fetch", "timeout");
        CHECK(run.retries == run.orders);
    }
}

TEST_CASE("half an answer is no answer: the order is fetched again, and its contents are right", "[trouble]") {
    const user someone;
    const auto halves = faulty_api(someone, "halves",
                                   {{{"kind", "truncated"}, {"share", 0.5}, {"first_attempts", 1}},
                                    {{"kind", "reset"}, {"share", 0.5}, {"first_attempts", 1}}});
    const auto s = measure(someone, {}, {"--scenario", halves});
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.api.faults == run.orders);
        CHECK(run.retries == run.orders);
        CHECK(run.ledger.rows == run.orders);
        CHECK(run.ledger.content_checked);
    }
}

TEST_CASE("an answer that comes a byte at a time does not outlive the order's time", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 20, .in_flight = 20},
                           {"--attempt-timeout", "1s", "--order-timeout", "1s", "--scenario",
                            api_of_only(someone, "drip", {{"time", "1s"}})});
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) check_all_failed(run, "fetch", "deadline");
}

TEST_CASE("answers without end are refused before they fill the memory", "[trouble]") {
    const user someone;
    const auto endless = joined({api_of_only(someone, "huge-body"), api_of_only(someone, "endless-body"),
                                 api_of_only(someone, "huge-header")});
    const auto s = measure(someone, {.orders = 40, .in_flight = 20}, {"--scenario", endless});
    REQUIRE(s.result.runs.size() == 3 * patterns().size());
    for (const auto& run : s.result.runs) {
        check_all_failed(run, "fetch", "too_large");
        // The processes share most of their memory, so their RSS counts it several times. In a short run of many
        // processes their PSS is not known.
        const auto peak = run.memory.processes > 1 ? run.memory.peak_pss_bytes : run.memory.peak_rss_bytes;
        CHECK(peak.value_or(0) < 200'000'000);
        CHECK((peak || run.memory.processes > 1));
    }
}

TEST_CASE("text that is no order fails as bad content, of whatever kind, and never in the database", "[trouble]") {
    const user someone;
    const std::vector<std::string> kinds{"not-json", "deep-json", "nul-byte", "bad-utf8", "huge-number"};
    std::vector<std::string> files;
    for (const auto& kind : kinds) files.push_back(api_of_only(someone, kind));
    const auto s = measure(someone, {.orders = 20}, {"-p", "semaphore,thread-pool", "--scenario", joined(files)});
    REQUIRE(s.result.runs.size() == 2 * kinds.size());
    for (const auto& run : s.result.runs) {
        check_all_failed(run, "transform", "bad_content");
        CHECK(run.retries == 0);
    }
}

TEST_CASE("orders beside those of bad content are stored", "[trouble]") {
    const user someone;
    json faults = json::array();
    for (const char* kind : {"not-json", "deep-json", "nul-byte", "bad-utf8", "huge-number"})
        faults.push_back({{"kind", kind}, {"share", 0.1}});
    const auto s = measure(someone, {.orders = 100}, {"--scenario", faulty_api(someone, "mixed", faults)});
    CHECK(s.end.code == 0);
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.api.faults > 0);
        CHECK(run.stored > 0);
        CHECK(run.failed == run.api.faults);
        CHECK(failed_as(run, "transform", "bad_content") == run.failed);
    }
}

TEST_CASE("another order's contents under the right id are found by the ledger alone", "[trouble]") {
    const user someone;
    const auto wrong = faulty_api(someone, "wrong", {{{"kind", "wrong-content"}, {"share", 0.05}}});
    const auto s = measure(someone, {.orders = 100}, {"--scenario", wrong}, books::spoiled);
    CHECK(s.end.code == 3);
    CHECK(contains(s.end.out, "INVALID"));
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, run.verdict.text);
        CHECK(run.stored == run.orders);
        CHECK(run.ledger.corrupt > 0);
        CHECK(run.ledger.corrupt == run.api.faults);
        CHECK_FALSE(run.verdict.trusted());
        CHECK(contains(run.verdict.text, fmt::format("INVALID: {} corrupt", run.ledger.corrupt)));
    }
}

TEST_CASE("an answer with another order is refused, and the run is none the worse for it", "[trouble]") {
    const user someone;
    const auto wrong = faulty_api(someone, "wrong", {{{"kind", "wrong-order"}, {"share", 0.05}}});
    const auto s = measure(someone, {.orders = 100}, {"--scenario", wrong});
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.failed > 0);
        CHECK(run.failed == run.api.faults);
        CHECK(failed_as(run, "transform", "wrong_order") == run.failed);
    }
}

TEST_CASE("connections to PostgreSQL that are terminated amid a run lose nothing", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 200, .in_flight = 40, .http = "250ms"},
                           {"--http-jitter", "uniform:250ms", "--scenario", "db-restart"});
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, notes_of(run));
        CHECK(run.recovery.killed == kill_target::connections);
        CHECK(contains(notes_of(run), "terminated "));
        CHECK(contains(notes_of(run), " connections to PostgreSQL, after "));
        CHECK_FALSE(contains(notes_of(run), "terminated 0 connections"));
    }
}

TEST_CASE("an API that serves few at once turns away fan-out, and none of the bounded patterns", "[trouble]") {
    const user someone;
    const auto few = scenario_file(someone, "few", {{"api", {{"throttle", {{"concurrent", 30}}}}}});
    const auto s = measure(someone, {.orders = 120, .http = "50ms"}, {"--attempts", "2", "--scenario", few});
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, run.in_flight_limit);
        CHECK(run.api.early == 0);
        CHECK((run.api.throttled == 0) == is_bounded(run));
        if (is_bounded(run)) CHECK(run.stored == run.orders);
        else CHECK(failed_as(run, "fetch", "throttled") == run.failed);
    }
}

TEST_CASE("an outage is outlived by orders that may try for longer", "[trouble]") {
    const user someone;
    const auto down = scenario_file(someone, "down", {{"api", {{"outage", {{"at", 0.5}, {"time", "300ms"}}}}}});
    const auto s = measure(
        someone, {}, {"--attempts", "12", "--backoff-base", "100ms", "--retry-budget", "100%", "--scenario", down});
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.retries > 0);
    }
}

TEST_CASE("orders that may not try again fail in an outage, and only for that", "[trouble]") {
    const user someone;
    const auto down = scenario_file(someone, "down", {{"api", {{"outage", {{"at", 0.5}, {"time", "10m"}}}}}});
    const auto s = measure(someone, {}, {"--attempts", "1", "--scenario", down});
    REQUIRE(s.result.runs.size() == patterns().size());
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern);
        CHECK(run.stored >= run.orders / 2);
        CHECK(failed_as(run, "fetch", "reset") + failed_as(run, "fetch", "connect") == run.failed);
        CHECK(run.failed > 0);
    }
}

TEST_CASE("a slow database slows every write, and spoils none", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 100, .in_flight = 8}, {"--scenario", "slow-db"});
    check_all_stored(s);
    // A write takes ten milliseconds, and no pattern has more than eight connections.
    for (const auto& run : s.result.runs) CHECK(run.time_s >= 0.010 * 100 / 8);
}

TEST_CASE("several scenarios give every pattern a run under each, and the report a part for each", "[trouble]") {
    const user someone;
    const auto own = faulty_api(someone, "own", {{{"kind", "slow"}, {"share", 0.1}, {"time", "20ms"}}});
    const auto s = measure(someone, {}, {"-p", "fan-out,semaphore", "--scenario", "clean,slow-db," + own});
    CHECK(s.end.code == 0);
    std::vector<std::string> seen;
    for (const auto& run : s.result.runs) seen.push_back(run.pattern + '@' + run.scenario);
    CHECK(seen == std::vector<std::string>{"fan-out@clean", "semaphore@clean", "fan-out@slow-db", "semaphore@slow-db",
                                           "fan-out@own", "semaphore@own"});
    for (const char* heading : {"\nScenario clean: ", "\nScenario slow-db: ", "\nScenario own\n"})
        CHECK(contains(s.end.out, heading));
}

TEST_CASE("trouble that is not known, broken or not ours to make is refused in one line", "[trouble][bad-input]") {
    const user someone;
    const auto file = [&](const std::string& text) {
        const auto path = someone.file("broken.json");
        std::ofstream(path) << text;
        return path;
    };
    const auto refuse = [&](const std::vector<std::string>& arguments, const std::vector<std::string>& said) {
        CAPTURE(arguments);
        check_refusal(someone.run_pipebench(arguments), said);
        CHECK(someone.left_behind().empty());
    };
    refuse({"--scenario", "flakey"}, {"--scenario", "did you mean 'flaky'?"});
    refuse({"--scenario", "clean,flaky,clean"}, {"--scenario", "two of the name 'clean'"});
    refuse({"--scenario", file("{\"name\":\n\"x\"")}, {"--scenario", "broken.json"});
    refuse({"--scenario", file("{\"name\": \"x\", \"apii\": {}}")}, {"broken.json", "'apii'", "did you mean 'api'?"});
    refuse({"--scenario", file(R"({"name": "x", "api": {"faults": [{"kind": "dripp"}]}})")},
           {"broken.json", "did you mean 'drip'?"});
    refuse({"--scenario", file(R"({"name": "x", "api": {"faults": [{"kind": "reset", "share": 1.5}]}})")},
           {"broken.json", "\"share\"", "0 to 1"});
    refuse({"--scenario", someone.file("nowhere.json")}, {"--scenario", "nowhere.json"});
    refuse({"--scenario", "flaky", "--target", "http://127.0.0.1:1"}, {"--scenario", "'flaky'", "--target"});
    refuse({"--rate-limit", "fast"}, {"--rate-limit", "'fast'", "500/s"});
    refuse({"--rate-limit", "0/s"}, {"--rate-limit", "'0/s'", "500/s"});
    refuse({"--retry-budget", "much"}, {"--retry-budget", "'much'", "20%"});
    refuse({"--memory-budget", "500"}, {"--memory-budget", "'500'", "500MB"});
    refuse({"--target-time", "soon"}, {"--target-time", "'soon'"});
}

TEST_CASE("a rate limit holds for the run, not for each of its workers", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {.orders = 100}, {"--rate-limit", "200/s"});
    check_all_stored(s);
    for (const auto& run : s.result.runs) {
        CAPTURE(run.pattern, run.time_s);
        CHECK(run.api.requests == run.orders);
        CHECK(run.time_s >= static_cast<double>(100 - traffic::burst_of(200)) / 200);
    }
}

TEST_CASE("a target time and a memory budget that are missed show where readiness is told", "[trouble]") {
    const user someone;
    const auto s = measure(someone, {}, {"-p", "semaphore", "--target-time", "1ms", "--memory-budget", "1MB"});
    CHECK(contains(s.end.out, "Production ready?"));
    CHECK(contains(s.end.out, "over memory budget, too slow"));
    CHECK(contains(s.end.out, "over the memory budget: "));
    CHECK(contains(s.end.out, " s where 0.001 s is the target"));
    const auto met = measure(someone, {}, {"-p", "semaphore", "--target-time", "1h", "--memory-budget", "100GB"});
    CHECK(contains(met.end.out, "Production ready?"));
    CHECK_FALSE(contains(met.end.out, " is the target"));
    CHECK_FALSE(contains(met.end.out, "over the memory budget: "));
}
