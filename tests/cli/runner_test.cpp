// Runners (--runner), and the servers of a run for any program (services): the contract of docs/runners.md holds
// whatever the runner does, and its row describes it.
#include "support/runners.hpp"
#include "support/saved.hpp"
#include "system/process_tree.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <stdexcept>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// How the programs below begin.
const std::string what_a_program_needs = R"py(
import os
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, ")py" PIPEBENCH_SOURCE_DIR R"py(/bench/peers/python")
from transform import transform


def told(name):
    return os.environ["PIPEBENCH_" + name]


def literal(value):
    text = "{%s}" % ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return "'%s'" % text.replace("'", "''")


api = urllib.request.build_opener(urllib.request.ProxyHandler({}))
psql = ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname=" + told("POSTGRES")]
)py";

/// Does all orders, or as many as its argument says, one after another, and reports nothing.
const std::string do_the_orders = what_a_program_needs + R"py(
orders = int(sys.argv[1]) if len(sys.argv) > 1 else int(told("ORDERS"))
statements = [f"PREPARE one AS {told('INSERT')};\n"]
for order_id in range(1, orders + 1):
    with api.open(f"{told('TARGET')}/orders/{order_id}") as answer:
        row = transform(order_id, answer.read())
    statements.append(f"EXECUTE one({', '.join(map(literal, row))});\n")
subprocess.run(psql, input="".join(statements), encoding="utf-8", check=True)
time.sleep(orders * float(told("DB_LATENCY_MS")) / 1000)
)py";

/// Does each order of an open load when it has arrived, one after another, and says so.
const std::string do_arriving_orders = what_a_program_needs + R"py(
early_s = float(sys.argv[1])
with open(told("SCHEDULE")) as schedule:
    due = [float(line) / 1000 - early_s for line in schedule]
print("in-flight 1\nstart", flush=True)
began = time.monotonic()
for order_id, at in enumerate(due, 1):
    time.sleep(max(0, began + at - time.monotonic()))
    print("begin", order_id, flush=True)
    with api.open(f"{told('TARGET')}/orders/{order_id}") as answer:
        row = transform(order_id, answer.read())
    time.sleep(float(told("DB_LATENCY_MS")) / 1000)
    statement = f"PREPARE one AS {told('INSERT')};\nEXECUTE one({', '.join(map(literal, row))});\n"
    subprocess.run(psql, input=statement, encoding="utf-8", check=True)
    print("stored", order_id, flush=True)
)py";

/// For the shell: makes a row for every order and for two unknown ones, with wrong contents.
constexpr const char* make_rows_up = R"(psql --quiet --no-psqlrc --dbname="$PIPEBENCH_POSTGRES" <<SQL
INSERT INTO $PIPEBENCH_TABLE
SELECT id, 'Nobody', 'OTHER', 'EUR', 1, 1, 1, '2026-01-01', '{1}', 1
FROM generate_series(0, $PIPEBENCH_ORDERS + 1) id
SQL
)";

/// For the shell: holds a connection to PostgreSQL, then does all orders.
constexpr const char* hold_a_connection = R"sh(statement="SELECT pg_sleep(1000)"
ask="SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = '$statement'"
psql --no-psqlrc --command="$statement" "$PIPEBENCH_POSTGRES" &
until [ "$(psql --no-psqlrc --tuples-only --no-align --command="$ask" "$PIPEBENCH_POSTGRES")" = 1 ]; do :; done
seq -f 'stored %g' "$PIPEBENCH_ORDERS"
wait
)sh";

/// For the shell after the lines that `services` prints, or as its child.
constexpr const char* count_rows =
    R"(psql --no-psqlrc --tuples-only --no-align --command="SELECT count(*) FROM $PIPEBENCH_TABLE" "$PIPEBENCH_POSTGRES")";

constexpr const char* sleeper = "sleep 1000 ";  ///< as in /proc

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A command that runs this program text with the interpreter.
std::string command_for(const user& someone, const std::string& interpreter, const std::string& text) {
    const auto path = someone.file("program");
    std::ofstream(path) << text;
    return interpreter + ' ' + path;
}
std::string right_program(const user& someone) { return command_for(someone, "/usr/bin/python3", do_the_orders); }

/// Arguments of a short run of 20 orders.
std::vector<std::string> small_work(const std::string& db_latency = "2ms") {
    return {"-n", "20", "-c", "4", "--http-latency", "5ms", "--db-latency", db_latency};
}

/// Arguments for these runners without any pattern.
std::vector<std::string> alone(const std::vector<std::string>& runners) {
    std::vector<std::string> out{"-p", "none"};
    for (const auto& r : runners) out.insert(out.end(), {"--runner", r});
    return out;
}

struct session {
    command_end end;
    json result;
};

/// Runs a whole session and checks that nothing is left behind.
session measured(const user& someone, const std::vector<std::string>& more, const std::string& db_latency = "2ms") {
    const auto file = someone.file("r.json");
    auto end = someone.run_pipebench(small_work(db_latency) + more + std::vector<std::string>{"--export-json", file});
    CAPTURE(end.err);
    REQUIRE(std::filesystem::exists(file));
    CHECK(someone.left_behind().empty());
    return {std::move(end), saved(file)};
}

json row_of(const session& s, const std::string& id) {
    for (const auto& run : s.result["runs"])
        if (run["pattern"].get<std::string>() == id) return run;
    throw std::runtime_error(id + " has no row");
}

std::string verdict_of(const json& run) { return run["verdict"]["text"].get<std::string>(); }

constexpr const char* out_of_time = "INVALID: it did not end within --runner-limit";

/// The pids that a program has written into this file, one per line.
std::vector<pid_t> processes_in(const std::string& file) {
    std::vector<pid_t> out;
    for (const auto& line : lines_of(read_file(file))) out.push_back(std::stoi(line));
    return out;
}

/// For the shell: starts a long process and waits for it; both write their pids into the file.
std::string long_wait(const std::string& file) {
    return fmt::format("sleep 1000 & echo $! > {0}; echo $$ >> {0}; wait", file);
}
constexpr std::size_t processes_of_long_wait = 2;

void check_gone(const std::vector<pid_t>& all) {
    for (const pid_t pid : all) {
        CAPTURE(pid);
        CHECK_FALSE(is_alive(pid));
    }
}

/// 0: there is none.
pid_t process_with(const user& someone, const std::string& command_line) {
    for (const auto& p : someone.processes())
        if (p.command_line == command_line) return p.pid;
    return 0;
}

struct refusal {
    std::vector<std::string> arguments;
    std::vector<std::string> said;  ///< parts of the line
};

bool has_line(const std::string& text, const std::string& beginning) {
    const auto lines = lines_of(text);
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(beginning); });
}

}  // namespace

// --- a program that does its work ---

TEST_CASE("a program that stores every order has a row beside those of the patterns, checked like theirs",
          "[runner]") {
    const user someone;
    const auto s =
        measured(someone, {"-p", "semaphore", "--runner", "my-own=echo in-flight 1; exec " + right_program(someone),
                           "--assert", "my_own.lost == 0", "-q"});
    CAPTURE(s.end.out, s.end.err);
    CHECK(s.end.code == 0);
    CHECK(s.end.err.empty());
    CHECK(contains(s.end.out, "\nmy-own "));
    CHECK(s.result["runs"].size() == 2);
    CHECK(s.result["assertions"][0]["held"] == true);
    CHECK(row_of(s, "semaphore")["verdict"]["trusted"] == true);
    const auto run = row_of(s, "my-own");
    CHECK(run["verdict"]["trusted"] == true);
    CHECK(run["stored"] == 20);
    CHECK(run["api"]["requests"] == 20);
    CHECK(run["ledger"]["rows"] == 20);
    CHECK(run["ledger"]["lost"] == 0);
    CHECK(run["ledger"]["corrupt"] == 0);
    CHECK(run["ledger"]["unexpected"] == 0);
    CHECK(run["ledger"]["redelivered"] == 0);
    CHECK(run["ledger"]["content_checked"] == true);
    CHECK(run["in_flight_limit"] == 1);
    CHECK(run["time_s"].get<double>() >= run["floor_s"].get<double>());
    CHECK(run["memory"]["peak_rss_bytes"].get<double>() > 1e6);
    CHECK(run["cpu_per_order_us"].get<double>() > 0);
    CHECK(run["notes"].empty());
    CHECK(run["latency"]["p50_ms"].is_null());  // it reported none
}

TEST_CASE("a result with a program that told no times is rendered again alike, and is valid by its schema",
          "[runner][export]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=" + right_program(someone)}));
    const auto file = someone.file("r.json");
    CHECK(someone.run_pipebench({"report", file}).out == s.end.out);
    CHECK(someone.run_pipebench({"report", file, "--format", "json"}).out == read_file(file));
    if (run({{"/usr/bin/python3", "-c", "import jsonschema"}, {}}).code != 0)
        SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const auto check = run({{"/usr/bin/python3", "-W", "ignore", "-m", "jsonschema", "-i", file,
                             PIPEBENCH_SOURCE_DIR "/docs/result.schema.json"},
                            {}});
    CHECK(check.err.empty());
    CHECK(check.code == 0);
}

TEST_CASE("libpq's variables, which are meant for another server, do not reach a program of the user's", "[runner]") {
    const user someone;
    const auto file = someone.file("r.json");
    auto command = someone.pipebench(small_work() + alone({"mine=" + right_program(someone)}) +
                                     std::vector<std::string>{"--export-json", file});
    command.environment.insert({{"PGHOST", "nowhere.invalid"},
                                {"PGPORT", "1"},
                                {"PGSERVICE", "no-such-service"},
                                {"PGOPTIONS", "--no-such-option"}});
    const auto end = run(command);
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(saved(file)["runs"][0]["stored"] == 20);
}

// --- reports about orders ---

TEST_CASE("a program that stores nothing and says nothing has lost every order", "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=true"}));
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(run["ledger"]["lost"] == 20);
    CHECK(run["not_started"] == 20);
    CHECK(verdict_of(run) == "INVALID: 20 lost");
}

TEST_CASE("an order that is said to be stored, and is not there, is lost, and has the latency that was said",
          "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=seq -f 'stored %g 2500' 20"}));
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(run["stored"] == 20);
    CHECK(run["ledger"]["rows"] == 0);
    CHECK(run["ledger"]["lost"] == 20);
    CHECK(std::abs(run["latency"]["mean_ms"].get<double>() - 2500) < 100);
    CHECK(run["latency"]["max_ms"].get<double>() >= 2500);
}

TEST_CASE("an order that is reported as failed has failed, and is not lost", "[runner]") {
    const user someone;
    const auto s = measured(
        someone, alone({"mine=" + right_program(someone) + " 15 && seq -f 'failed %g fetch timeout' 16 20"}));
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    const auto run = row_of(s, "mine");
    CHECK(run["stored"] == 15);
    CHECK(run["failed"] == 5);
    CHECK(run["failures"] == json::parse(R"([{"stage": "fetch", "kind": "timeout", "orders": 5, "reason": ""}])"));
    CHECK(run["ledger"]["lost"] == 0);
    CHECK(run["ledger"]["rows"] == 15);
    CHECK(verdict_of(run) == "25 % failed, mostly fetch timeout");
}

TEST_CASE("rows with other contents than their orders have are corrupt, and rows that nobody ordered unexpected",
          "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=" + command_for(someone, "sh", make_rows_up)}));
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(run["ledger"]["rows"] == 22);
    CHECK(run["ledger"]["corrupt"] == 20);
    CHECK(run["ledger"]["unexpected"] == 2);
    CHECK(verdict_of(run) == "INVALID: 20 corrupt, 2 unexpected");
}

// --- the clock and the floor ---

TEST_CASE("the clock of a program starts where it says so, and with its process where it does not", "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"late=sleep 1; echo start; sleep 0.1", "silent=sleep 1"}));
    CHECK(row_of(s, "late")["time_s"].get<double>() > 0);
    CHECK(row_of(s, "late")["time_s"].get<double>() < 1);
    CHECK(row_of(s, "silent")["time_s"].get<double>() >= 1);
}

TEST_CASE("what a program did before its start is in no series, and no part of what it had in flight", "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=sleep 0.5; echo in-flight 20; echo start; seq -f 'begin %g' 20; "
                                            "sleep 0.5; seq -f 'stored %g' 20"}));
    const auto run = row_of(s, "mine");
    const auto times = run["series"]["t_s"].get<std::vector<double>>();
    CAPTURE(run["in_flight"].dump(), run["series"]["t_s"].dump());
    CHECK(times.size() > 1);
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(run["in_flight"]["mean"].get<double>() > 10);  // it had 20 nearly all of the time
}

// --- a program that fails, or does not end ---

TEST_CASE("a program that fails has a row that says how, and the other rows of the session stand", "[runner]") {
    const user someone;
    const auto s = measured(someone, {"-p", "semaphore", "--runner", "seven=exit 7", "--runner",
                                      "words=echo out of luck >&2; exit 7", "--runner", "killed=kill -9 $$"});
    CHECK(s.end.code == 3);
    REQUIRE(s.result["runs"].size() == 4);
    CHECK(row_of(s, "semaphore")["verdict"]["trusted"] == true);
    CHECK(contains(verdict_of(row_of(s, "seven")), "exited with 7"));
    CHECK(contains(verdict_of(row_of(s, "killed")), "killed by signal 9"));
    CHECK(notes_that_say(row_of(s, "words"), "out of luck") == 1);
    for (const auto* id : {"seven", "words", "killed"}) {
        CAPTURE(id);
        CHECK(verdict_of(row_of(s, id)).starts_with("INVALID: "));
        CHECK(row_of(s, id)["ledger"]["lost"] == 0);  // it never got that far
        CHECK(row_of(s, id)["not_started"] == 20);
    }
}

TEST_CASE("a program that hangs is ended when its time is over, deaf or not, and its children with it",
          "[runner][signal]") {
    const std::string deaf = GENERATE("", "trap '' TERM; ");
    const user someone;
    const auto file = someone.file("pids");
    const auto s = measured(someone, alone({"mine=" + deaf + long_wait(file)}) +
                                         std::vector<std::string>{"--runner-limit", "500ms", "--grace", "200ms"});
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(verdict_of(run) == out_of_time);
    CHECK(run["time_s"].get<double>() >= 0.5);
    const auto started = processes_in(file);
    CHECK(started.size() == processes_of_long_wait);
    check_gone(started);
}

// Runs are restarted under scenarios with kills, but a runner is never killed by one.
TEST_CASE("a program whose time is over is not started again, and none of its children stays, whatever the scenario",
          "[runner][signal]") {
    const user someone;
    const auto file = someone.file("pids");
    const auto s = measured(someone, alone({"mine=trap '' TERM; " + long_wait(file)}) +
                                         std::vector<std::string>{"--scenario", "db-restart", "--runner-limit",
                                                                  "500ms", "--grace", "200ms"});
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(verdict_of(run) == out_of_time);
    CHECK(run["recovery"]["runs"] == 1);
    check_gone(processes_in(file));
}

TEST_CASE("a scenario that cuts the connections to PostgreSQL cuts those of a program, too", "[runner][trouble]") {
    const user someone;
    const auto s =
        measured(someone, alone({"mine=" + command_for(someone, "sh", hold_a_connection)}) +
                              std::vector<std::string>{"--scenario", "db-restart", "--runner-limit", "10s"});
    const auto run = row_of(s, "mine");
    CAPTURE(run["notes"].dump(1));
    CHECK(notes_that_say(run, "terminated 1 connections") == 1);
    CHECK(notes_that_say(run, "terminated 0 ") == 0);
    CHECK(run["time_s"].get<double>() < 10);  // its statement was cut off
}

TEST_CASE("a program that gives up when its time is over has not ended in time, however well it ends",
          "[runner][signal]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=trap 'exit 0' TERM; sleep 1000 & wait"}) +
                                         std::vector<std::string>{"--runner-limit", "500ms"});
    CHECK(s.end.code == 3);
    const auto run = row_of(s, "mine");
    CHECK(verdict_of(run) == out_of_time);
    CHECK(run["ledger"]["lost"] == 0);
}

TEST_CASE("a program that prints without end is ended when its time is over", "[runner]") {
    const std::string where = GENERATE("", " >&2");
    const user someone;
    const auto s = measured(someone, alone({"mine=exec yes" + where}) +
                                         std::vector<std::string>{"--runner-limit", "500ms", "--grace", "200ms"});
    CHECK(s.end.code == 3);
    CHECK(verdict_of(row_of(s, "mine")) == out_of_time);
    CHECK(row_of(s, "mine")["notes"].size() == 51);
}

TEST_CASE("a program that says again and again that it starts has no more time for it", "[runner]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=while :; do echo start; sleep 0.1; done"}) +
                                         std::vector<std::string>{"--runner-limit", "500ms", "--grace", "200ms"});
    CHECK(s.end.code == 3);
    CHECK(verdict_of(row_of(s, "mine")) == out_of_time);
}

TEST_CASE("what a program leaves in its process group is killed, and its row says so", "[runner][clean]") {
    const user someone;
    const auto file = someone.file("pids");
    const auto s = measured(someone, alone({fmt::format("mine=sleep 1000 & echo $! > {}", file)}));
    CHECK(notes_that_say(row_of(s, "mine"), "left processes behind") == 1);
    const auto started = processes_in(file);
    CHECK(started.size() == 1);
    check_gone(started);
}

TEST_CASE("a child that has ended, and was not waited for, is nothing left behind", "[runner][clean]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=true & exec sleep 0.3"}));
    CHECK(row_of(s, "mine")["notes"].empty());
}

// --- signals ---

TEST_CASE("a signal amid a program ends it with all its processes, and what it had stored is in the result",
          "[runner][signal]") {
    const auto [number, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
    const user someone;
    const auto file = someone.file("r.json"), pids = someone.file("pids");
    running_command under_way(someone.pipebench(
        small_work() +
        alone({fmt::format("first={} 5; {}", right_program(someone), long_wait(pids)), "second=true"}) +
        std::vector<std::string>{"--export-json", file}));
    REQUIRE(comes_true([&] { return processes_in(pids).size() == processes_of_long_wait; }));
    const auto started = processes_in(pids);
    under_way.signal(number);
    const auto end = under_way.wait();
    CAPTURE(end.err);
    CHECK(end.code == code);
    CHECK(contains(end.out, "INTERRUPTED"));
    const auto result = saved(file);
    CHECK(result["interrupted"] == true);
    REQUIRE(result["runs"].size() == 1);  // the second was not begun
    const auto& run = result["runs"][0];
    CHECK(run["interrupted"] == true);
    CHECK(run["stored"] == 5);
    CHECK(run["not_started"] == 15);
    CHECK(run["ledger"]["rows"] == 5);
    CHECK(run["ledger"]["lost"] == 0);
    CHECK(run["ledger"]["corrupt"] == 0);
    check_gone(started);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a program that is asked to end may say its last words", "[runner][signal]") {
    const user someone;
    const auto file = someone.file("r.json"), pids = someone.file("pids");
    running_command under_way(
        someone.pipebench(small_work() + alone({"mine=trap 'echo the last words; exit 0' TERM; " + long_wait(pids)}) +
                          std::vector<std::string>{"--export-json", file}));
    REQUIRE(comes_true([&] { return processes_in(pids).size() == processes_of_long_wait; }));
    under_way.signal(SIGINT);
    CHECK(under_way.wait().code == 130);
    CHECK(notes_that_say(saved(file)["runs"][0], "the last words") == 1);
}

TEST_CASE("a second signal ends a program that is deaf to the first, with all its processes", "[runner][signal]") {
    const user someone;
    const auto pids = someone.file("pids");
    running_command under_way(someone.pipebench(small_work() + alone({"mine=trap '' TERM; " + long_wait(pids)}) +
                                                std::vector<std::string>{"--grace", "10m"}));
    REQUIRE(comes_true([&] { return processes_in(pids).size() == processes_of_long_wait; }));
    const auto started = processes_in(pids);
    CHECK(comes_true([&] {
        under_way.signal(SIGINT);  // repeatedly, since two pending signals count as one
        return std::none_of(started.begin(), started.end(), is_alive);
    }));
    CHECK(under_way.wait().code == 130);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("pipebench killed outright takes the program with it", "[runner][signal]") {
    const user someone;
    running_command under_way(someone.pipebench(small_work() + alone({"mine=exec sleep 1000"})));
    REQUIRE(comes_true([&] { return process_with(someone, sleeper) != 0; }));
    under_way.signal(SIGKILL);
    CHECK(under_way.wait().signal == SIGKILL);
    CHECK(comes_true([&] { return someone.processes().empty(); }));
    CHECK(someone.run_pipebench({"-n", "5", "-p", "fan-out"}).code == 0);  // sweeps up
    CHECK(someone.left_behind().empty());
}

// --- what is refused ---

TEST_CASE("a runner that will not do is refused before anything is started", "[runner][bad-input]") {
    const auto r = GENERATE(values<refusal>({
        {{"--runner"}, {"--runner"}},
        {{"--runner", "mine"}, {"--runner", "'mine'", "NAME=COMMAND"}},
        {{"--runner", "mine="}, {"--runner", "NAME=COMMAND"}},
        {{"--runner", "Mine=true"}, {"--runner", "'Mine'", "a-z"}},
        {{"--runner", "semaphore=true"}, {"--runner", "'semaphore'", "taken"}},
        {{"-p", "none", "--runner", "redis-streams=true"}, {"--runner", "'redis-streams'", "taken"}},
        {{"--runner", "all=true"}, {"--runner", "'all'", "taken"}},
        {{"--runner", "none=true"}, {"--runner", "'none'", "taken"}},
        {{"--runner", "mine=true", "--runner", "mine=false"}, {"--runner", "'mine'", "taken"}},
        {{"--runner", "mine=no-such-program --fast"}, {"--runner", "mine", "no-such-program"}},
        {{"--runner-limit", "0s", "--runner", "mine=true"}, {"--runner-limit", "'0s'", "unit"}},
        {{"--runner-concurrency", "0"}, {"--runner-concurrency", "'0'", "from 1 to"}},
        {{"--chaos", "kill-worker", "--runner", "mine=true"}, {"--chaos", "leave --runner out"}},
        {{"-p", "none"}, {"--pattern", "--runner"}},
        {{"--scenario", "poison", "--runner", "mine=true"}, {"--scenario", "'poison'", "--runner"}},
        {{"sweep", "-p", "none", "--orders", "1,2"}, {"--pattern"}},
        {{"gate", "-p", "none", "--baseline", PIPEBENCH_BINARY}, {"--pattern"}},
    }));
    const user someone;
    CAPTURE(r.arguments);
    check_refusal(someone.run_pipebench(r.arguments), r.said);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a file that nobody may execute is found out before the runs that come before it", "[runner][bad-input]") {
    const user someone;
    const auto path = someone.file("program");
    std::ofstream(path) << "#!/bin/sh\n";
    check_refusal(someone.run_pipebench({"-n", "5", "-p", "fan-out", "--runner", "mine=" + path}),
                  {"--runner", path});
    CHECK(someone.left_behind().empty());
}

// --- open load ---

TEST_CASE("the orders of a program arrive on the schedule of the patterns, and its latency counts from there",
          "[runner][open]") {
    const user someone;
    const auto program = command_for(someone, "/usr/bin/python3", do_arriving_orders);
    const auto s =
        measured(someone, alone({"mine=" + program + " 0"}) +
                              std::vector<std::string>{"--rate", "5/s", "--slo", "p50<30s", "--busy-limit", "100%"});
    const auto run = row_of(s, "mine");
    CAPTURE(run["verdict"], run["notes"], run["load"]);
    CHECK(s.end.code == 0);
    CHECK(run["stored"] == 20);
    CHECK(run["load"]["orders"] == 20);
    CHECK(run["load"]["objectives"][0]["verdict"] == "met");
    CHECK(run["load"]["lateness_p99_ms"].is_null());  // it keeps its own time
    CHECK(run["load"]["queue_mean"].is_number());
    CHECK(run["time_s"].get<double>() >= 3.8);
    const auto response = run["latency"]["p50_ms"].get<double>(),
               service = run["load"]["service"]["p50_ms"].get<double>();
    CHECK(service >= 7);  // 5 ms of the API, and 2 of the database
    CHECK(response >= service * 0.98);
}

TEST_CASE("a program whose times cannot be true has a row that says so", "[runner][open]") {
    const user someone;
    std::string command, said;
    SECTION("it does not wait for its orders") {
        command = command_for(someone, "/usr/bin/python3", do_arriving_orders) + " 1000";
        said = "orders were begun or done before they arrived";
    }
    SECTION("it says nothing") {
        command = right_program(someone);
        said = "it did not say when 20 orders were stored";
    }
    // So slowly that each order is done before the next arrives, on any machine.
    const auto s = measured(someone, alone({"mine=" + command}) +
                                         std::vector<std::string>{"--rate", "1/s", "--busy-limit", "100%"});
    CHECK(s.end.code == 3);
    CHECK(contains(verdict_of(row_of(s, "mine")), said));
}

TEST_CASE("a program that has orders left when the drain is over is asked to end, and they are unfinished",
          "[runner][open]") {
    const user someone;
    const auto s = measured(someone, alone({"mine=sleep 1000"}) +
                                         std::vector<std::string>{"--rate", "100/s", "--drain", "200ms"});
    const auto run = row_of(s, "mine");
    CHECK(run["stored"] == 0);
    CHECK(run["load"]["unfinished"] == 20);
    CHECK(run["ledger"]["lost"] == 0);
}

// --- services ---

TEST_CASE("services ends as its program does, and leaves nothing behind", "[services]") {
    const auto [script, code] = GENERATE(table<std::string, int>(
        {{"exit 0", 0}, {"exit 7", 7}, {"kill -9 $$", 128 + SIGKILL}, {"no-such-program", 127}}));
    const user someone;
    const auto end = someone.run_pipebench({"services", "-n", "20", "--", "sh", "-c", script});
    CAPTURE(script, end.err);
    CHECK(end.code == code);
    CHECK(end.out.empty());
    CHECK(someone.left_behind().empty());
}

TEST_CASE("below services a program has all the variables that are promised, and no other of ours", "[services]") {
    const user someone;
    auto command = someone.pipebench({"services", "-n", "20", "--", "env"});
    command.environment["PIPEBENCH_FOREIGN"] = "1";
    const auto end = run(command);
    CHECK(end.code == 0);
    for (const auto& name : promised_variables()) {
        CAPTURE(name);
        CHECK(has_line(end.out, name + '='));
    }
    CHECK(has_line(end.out, "PIPEBENCH_ORDERS=20"));
    CHECK_FALSE(has_line(end.out, "PIPEBENCH_FOREIGN="));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("below services a program finds the servers of a run, and its table", "[services]") {
    const user someone;
    const auto end = someone.run_pipebench(
        std::vector<std::string>{"services"} + small_work() +
        std::vector<std::string>{"--", "sh", "-c", right_program(someone) + " && " + count_rows});
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(end.out == "20\n");
    CHECK(someone.left_behind().empty());
}

TEST_CASE("without a program, services prints what makes any shell one to write a runner in, until it is ended",
          "[services][signal]") {
    const int number = GENERATE(SIGINT, SIGTERM);
    const user someone;
    running_command serving(someone.pipebench(std::vector<std::string>{"services"} + small_work()));
    REQUIRE(serving.says("serving until Ctrl-C"));
    const auto exports = serving.out();
    const auto in_shell = [&](const std::string& script) { return run({{"sh", "-c", exports + script}, {}}); };
    const auto environment = in_shell("exec env").out;
    for (const auto& name : promised_variables()) {
        CAPTURE(name);
        CHECK(has_line(environment, name + '='));
    }
    const auto done = in_shell("exec " + right_program(someone));
    CAPTURE(done.err);
    CHECK(done.code == 0);
    CHECK(in_shell(count_rows).out == "20\n");
    serving.signal(number);
    CHECK(serving.wait().code == 0);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("services that is terminated ends its program, also after a Ctrl-C, which was the program's",
          "[services][signal]") {
    const bool interrupted_before = GENERATE(false, true);
    const user someone;
    running_command serving(someone.pipebench({"services", "-n", "20", "--", "sleep", "1000"}));
    pid_t program = 0;
    REQUIRE(comes_true([&] { return (program = process_with(someone, sleeper)) != 0; }));
    if (interrupted_before) serving.signal(SIGINT);
    serving.signal(SIGTERM);
    CHECK(serving.wait().code == 128 + SIGTERM);
    check_gone({program});
    CHECK(someone.left_behind().empty());
}
