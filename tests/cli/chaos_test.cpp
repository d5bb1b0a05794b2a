// Kills during a run, by --chaos, by a poison order or by the test: the counts must be consistent, no order is lost,
// and the result has the cost.
#include "support/command.hpp"
#include "support/saved.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <map>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

constexpr std::chrono::minutes session_limit{
    4};  ///< for several patterns, each with a kill; a sanitizer build is slow

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Small latencies for a short run, and a short lease for a fast takeover.
std::vector<std::string> small_and(const std::vector<std::string>& more) {
    return std::vector<std::string>{"-c", "8", "--http-latency", "10ms", "--db-latency", "5ms", "--lease", "500ms"} +
           more;
}

std::uint64_t number(const json& of, const char* name) { return of[name].get<std::uint64_t>(); }

/// Rules for every row. An order that a run wrote before its last death was not reported, so it counts as recovered.
void check_books(const json& run) {
    CAPTURE(run.dump(1));
    CHECK(number(run, "orders") ==
          number(run, "stored") + number(run, "failed") + number(run, "dead_lettered") + number(run, "not_started"));
    const auto& books = run["ledger"];
    CHECK(books["lost"] == 0);
    CHECK(books["corrupt"] == 0);
    CHECK(books["unexpected"] == 0);
    CHECK(number(books, "rows") == number(run, "stored") + number(books, "recovered"));
    CHECK((books["recovered"] == 0 || run["verdict"]["trusted"] == false));
}

/// Checks the exit code, all rows, and that nothing is left behind. Returns the result.
json result_of(const user& someone, const command_end& end, const std::string& file, int code) {
    CAPTURE(end.err);
    CHECK(end.code == code);
    auto result = json::parse(read_file(file));
    for (const auto& run : result["runs"]) check_books(run);
    CHECK(result["interrupted"] == false);
    CHECK(someone.left_behind().empty());
    return result;
}

json result_of(const user& someone, const std::vector<std::string>& arguments, int code = 0) {
    const auto file = someone.file("r.json");
    const auto end =
        run(someone.pipebench(arguments + std::vector<std::string>{"--export-json", file}), session_limit);
    return result_of(someone, end, file, code);
}

json only_run(const json& result) {
    REQUIRE(result["runs"].size() == 1);
    return result["runs"][0];
}

std::map<std::string, json> rows_of(const json& result) {
    std::map<std::string, json> out;
    for (const auto& run : result["runs"]) out[run["pattern"].get<std::string>()] = run;
    return out;
}

void check_all_stored(const json& run) {
    CAPTURE(run.dump(1));
    CHECK(run["stored"] == run["orders"]);
    CHECK(run["ledger"]["rows"] == run["orders"]);
}

/// Number of rows that the current run has committed; 0 before it has a table.
std::int64_t rows_in_database(const std::string& table) {
    const auto schema = sql(fmt::format("SELECT schemaname FROM pg_tables WHERE tablename = '{}'", table));
    return schema.empty() ? 0 : count(fmt::format("SELECT count(*) FROM \"{}\".{}", schema[0][0].c_str(), table));
}

}  // namespace

// --- a worker of redis-streams ---

// The simulated latency of the database is a wait in the client after the commit: for two seconds each worker stands
// between its commit and its acknowledgement, with one order in hand.
TEST_CASE("a worker killed between commit and acknowledge loses nothing, and its order has one row", "[chaos]") {
    const user someone;
    const auto file = someone.file("r.json");
    running_command under_way(someone.pipebench({"-n",
                                                 "4",
                                                 "-p",
                                                 "redis-streams",
                                                 "--workers",
                                                 "2",
                                                 "--processes",
                                                 "2",
                                                 "--batch",
                                                 "1",
                                                 "--lease",
                                                 "500ms",
                                                 "--http-latency",
                                                 "1ms",
                                                 "--db-latency",
                                                 "2s",
                                                 "--postgres",
                                                 postgres(),
                                                 "--export-json",
                                                 file}));
    REQUIRE(comes_true([] { return rows_in_database("redis_streams_1") == 2; }));
    const auto fleet = workers(someone);
    REQUIRE(fleet.size() == 2);
    ::kill(fleet.front().pid, SIGKILL);
    const auto run = only_run(result_of(someone, under_way.wait(session_limit), file, 0));
    check_all_stored(run);
    CAPTURE(run.dump(1));
    CHECK(run["ledger"]["redelivered"] > 0);
    CHECK(run["recovery"]["runs"] == 1);
    CHECK(notes_that_say(run, fmt::format("worker {} was killed by signal 9", fleet.front().pid)) == 1);
}

TEST_CASE("an order that is slower than the lease is done once: the lease is renewed", "[chaos]") {
    const user someone;
    const auto run = only_run(
        result_of(someone, {"-n", "4", "-p", "redis-streams", "--workers", "4", "--processes", "2", "--batch", "1",
                            "--lease", "1s", "--http-latency", "1ms", "--db-latency", "3s"}));
    check_all_stored(run);
    CHECK(run["ledger"]["redelivered"] == 0);
    CHECK(run["repeated"] == 0);
    CHECK(run["api"]["requests"] == 4);
}

// --- an order that kills ---

TEST_CASE("an order that kills its worker ends as a dead letter, and takes no other with it", "[chaos]") {
    const user someone;
    const auto run = only_run(result_of(someone, {"-n", "40", "-p", "redis-streams", "--scenario", "poison",
                                                  "--workers", "4", "--processes", "2", "--batch", "2", "--lease",
                                                  "300ms", "--http-latency", "5ms", "--db-latency", "2ms"}));
    CAPTURE(run.dump(1));
    CHECK(run["dead_lettered"] == 1);
    CHECK(run["failed"] == 0);
    CHECK(run["stored"] == 39);
    CHECK(run["failures"] ==
          json::parse(R"([{"stage": "schedule", "kind": "dead_letter", "orders": 1, "reason": ""}])"));
    CHECK(notes_that_say(run, "was killed by signal 9") == 5);  // one per delivery
    CHECK(run["recovery"]["runs"] == 1);
}

TEST_CASE("a process pool gives an order up that kills its workers, and does the rest", "[chaos]") {
    const user someone;
    const auto run =
        only_run(result_of(someone, small_and({"-n", "40", "-p", "process-pool", "--scenario", "poison"})));
    CAPTURE(run.dump(1));
    CHECK(run["failed"] == 1);
    CHECK(run["stored"] == 39);
    CHECK(run["failures"] ==
          json::parse(R"([{"stage": "schedule", "kind": "worker_died", "orders": 1, "reason": ""}])"));
    CHECK(run["http_attempts"] == 39);  // each worker dies before it fetches the poison order
    CHECK(run["store_attempts"] == 39);
    CHECK(notes_that_say(run, "was killed by signal 9") == 3);
    CHECK(run["recovery"]["runs"] == 1);
}

// With 2 in flight, the orders before the poison order are done when it kills the run; with 8, none is.
TEST_CASE("an order that kills the run itself makes its row invalid, and the others of the session still have theirs",
          "[chaos]") {
    const auto* in_flight = GENERATE("2", "8");
    const user someone;
    const auto result = result_of(someone,
                                  {"-c", in_flight, "-n", "40", "-p", "fan-out,semaphore,thread-pool,process-pool",
                                   "--scenario", "poison", "--http-latency", "10ms", "--db-latency", "5ms"},
                                  3);
    CAPTURE(result["runs"].dump(1));
    auto rows = rows_of(result);
    REQUIRE(rows.size() == 4);
    for (const auto* pattern : {"fan-out", "semaphore", "thread-pool"}) {
        CAPTURE(pattern);
        const auto& run = rows[pattern];
        CHECK(run["recovery"]["runs"] == 4);
        CHECK(run["recovery"]["killed"] == "itself");
        CHECK(run["verdict"]["trusted"] == false);
        CHECK(contains(run["verdict"]["text"].get<std::string>(), "INVALID: it died 4 times"));
        CHECK(number(run, "not_started") > 0);
    }
    CHECK(rows["process-pool"]["stored"] == 39);
    CHECK(rows["process-pool"]["verdict"]["trusted"] == true);
}

// --- --chaos ---

TEST_CASE("a Redis that comes back empty amid a run costs no order, and one note", "[chaos]") {
    const user someone;
    const auto run =
        only_run(result_of(someone, small_and({"-n", "400", "-p", "redis-streams", "--chaos", "kill-redis@50%"})));
    check_all_stored(run);
    CAPTURE(run.dump(1));
    CHECK(run["recovery"]["killed"] == "redis");
    CHECK(run["recovery"]["runs"] == 1);
    CHECK(run["recovery"]["resumed_s"].is_number());
    CHECK(notes_that_say(run, "added again") == 1);
    CHECK(notes_that_say(run, "killed Redis, which came back empty, after ") == 1);
    CHECK(run["notes"].size() == 2);  // no log flood while it was away
}

TEST_CASE("a process-pool worker killed amid an order costs one order's calls at the most", "[chaos]") {
    const user someone;
    const auto run =
        only_run(result_of(someone, small_and({"-n", "200", "-p", "process-pool", "--chaos", "kill-worker@50%"})));
    check_all_stored(run);
    CAPTURE(run.dump(1));
    CHECK(run["recovery"]["killed"] == "worker");
    CHECK(run["recovery"]["runs"] == 1);
    CHECK(run["recovery"]["api_calls_again"] <= 1);
    CHECK(run["ledger"]["redelivered"] <= 1);
    CHECK(run["repeated"] == 0);
    CHECK(notes_that_say(run, "killed worker ") == 1);
}

// The expected cost of a kill in calls. An in-process pattern dies as a whole and restarts: it repeats the calls of
// the orders done (at least half) and of those in flight (at most all), and each retry may belong to one of these. A
// pool loses the one order of its worker, with all its attempts. One of the 4 processes of redis-streams loses the
// orders of its 5 workers, 5 each, with their retries.
TEST_CASE("a kill amid flaky work costs each pattern the calls that its design says", "[chaos]") {
    const user someone;
    const auto result =
        result_of(someone, {"--pattern", "all", "-n", "5000", "--scenario", "flaky", "--chaos", "kill-worker@50%",
                            "--http-latency", "10ms", "--db-latency", "5ms", "--lease", "3s"});
    auto rows = rows_of(result);
    REQUIRE(rows.size() == 5);
    for (const auto& [pattern, run] : rows) {
        check_all_stored(run);
        CAPTURE(pattern, run["recovery"].dump(), run["retries"].dump());
        CHECK(run["scenario"] == "flaky");
        const bool has_workers = pattern == "process-pool" || pattern == "redis-streams";
        CHECK(run["recovery"]["killed"] == (has_workers ? "worker" : "run"));
        CHECK(number(run, "retries") > 0);
    }
    const auto calls_again = [&](const char* pattern) { return rows[pattern]["recovery"]["api_calls_again"]; };
    for (const auto* pattern : {"fan-out", "semaphore", "thread-pool"}) {
        const auto& run = rows[pattern];
        CAPTURE(pattern, run.dump(1));
        CHECK(run["recovery"]["runs"] == 2);
        CHECK(calls_again(pattern) >= number(run, "orders") / 2);
        CHECK(calls_again(pattern) <= number(run, "orders") + number(run, "retries"));
    }
    constexpr int most_attempts = 4, in_hand = 25, retries_in_hand = 5;  // one call in fifty is retried
    CHECK(rows["process-pool"]["recovery"]["runs"] == 1);
    CHECK(calls_again("process-pool") <= most_attempts);
    CHECK(rows["redis-streams"]["recovery"]["runs"] == 1);
    CHECK(calls_again("redis-streams") <= in_hand + retries_in_hand);
}

TEST_CASE("a run that is killed as a whole is started again, and all is stored", "[chaos]") {
    const user someone;
    const auto result = result_of(someone, small_and({"--pattern", "all", "-n", "300", "--chaos", "kill-run@50%"}));
    REQUIRE(result["runs"].size() == 5);
    CHECK(result["chaos"] == "kill-run@50%");
    for (const auto& run : result["runs"]) {
        check_all_stored(run);
        CAPTURE(run["pattern"], run.dump(1));
        CHECK(run["recovery"]["killed"] == "run");
        CHECK(run["recovery"]["runs"] == 2);
        CHECK(number(run["memory"], "processes") > 0);
        CHECK(notes_that_say(run, "killed the run (process ") == 1);
    }
}

// Enough attempts for a slow recovery.
TEST_CASE("a PostgreSQL that is killed comes back with all it had, and the rest is stored", "[chaos]") {
    const user someone;
    const auto result = result_of(someone, small_and({"--pattern", "all", "-n", "300", "--attempts", "40",
                                                      "--backoff-cap", "1s", "--chaos", "kill-postgres@50%"}));
    REQUIRE(result["runs"].size() == 5);
    for (const auto& run : result["runs"]) {
        check_all_stored(run);
        CAPTURE(run["pattern"], run.dump(1));
        CHECK(run["recovery"]["killed"] == "postgres");
        CHECK(run["recovery"]["runs"] == 1);
        // fan-out may have written all orders by then.
        CHECK((run["pattern"] == "fan-out" || number(run, "store_attempts") > number(run, "orders")));
        CHECK(run["refused_retries"] == 0);  // the budget is for HTTP
    }
}

TEST_CASE("a session goes on after a kill, round after round", "[chaos]") {
    const user someone;
    const auto result = result_of(someone, small_and({"-p", "semaphore,process-pool", "-n", "200", "--repeat", "2",
                                                      "--chaos", "kill-worker@50%"}));
    REQUIRE(result["runs"].size() == 4);
    for (const auto& run : result["runs"]) {
        check_all_stored(run);
        CHECK(run["recovery"]["killed"] == (run["pattern"] == "semaphore" ? "run" : "worker"));
        CHECK(run["recovery"]["runs"] == (run["pattern"] == "semaphore" ? 2 : 1));
    }
}

// --- what is refused ---

TEST_CASE("a server of the user's is not killed", "[chaos][bad-input]") {
    const user someone;
    check_refusal(
        someone.run_pipebench({"-p", "redis-streams", "--redis", "redis://127.0.0.1:1", "--chaos", "kill-redis"}),
        {"--chaos", "kill-redis@50%", "leave --redis out"});
    check_refusal(
        someone.run_pipebench({"-p", "semaphore", "--postgres", "host=/nowhere", "--chaos", "kill-postgres@10%"}),
        {"--chaos", "kill-postgres@10%", "leave --postgres out"});
    check_refusal(someone.run_pipebench({"-p", "semaphore", "--chaos", "kill-redis"}),
                  {"--chaos", "-p redis-streams"});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a kill that is none is refused with those there are", "[chaos][bad-input]") {
    const std::string text =
        GENERATE("", "kill", "kill-", "kill-none", "kill-everything", "kill-worker@", "kill-worker@100%",
                 "kill-worker@-1%", "kill-worker@half", "kill-worker@50%%", "worker@50%", "kill-worker@50% ");
    const user someone;
    check_refusal(someone.run_pipebench({"--chaos", text}), {"--chaos", '\'' + text + '\'', "kill-worker@50%"});
    CHECK(someone.left_behind().empty());
}
