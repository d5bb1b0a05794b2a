// Servers of the user: used, left unchanged, and their secrets not printed.
#include "support/saved.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include "redis/redis_client.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

void drop(const std::vector<std::string>& names) {
    for (const auto& name : names) sql(fmt::format("DROP SCHEMA \"{}\" CASCADE", name));
}

/// A runner that makes more keys than one SCAN returns.
constexpr const char* make_keys = R"py(
import os, socket
redis = socket.socket(socket.AF_UNIX)
redis.connect(os.environ["PIPEBENCH_REDIS"].removeprefix("unix://"))
prefix, keys = os.environ["PIPEBENCH_STREAM"], 3000
redis.sendall("".join(f"SET {prefix}:{key} 1\r\n" for key in range(keys)).encode())
replies = redis.makefile()
print(sum(replies.readline().strip() == "+OK" for _ in range(keys)), "keys made", flush=True)
)py";

std::string program_that_makes_keys(const user& someone) {
    const auto path = someone.file("keys.py");
    std::ofstream(path) << make_keys;
    return "/usr/bin/python3 " + path;
}

}  // namespace

TEST_CASE("a PostgreSQL of the user's is used, and nothing is left in it", "[run][servers]") {
    const user someone;
    sql("CREATE TABLE IF NOT EXISTS precious AS SELECT 1 AS one");
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore", "--postgres", postgres()}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK_FALSE(contains(end.err, "throwaway PostgreSQL"));
    CHECK(schemas().empty());
    CHECK(count("SELECT one FROM precious") == 1);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("tables stay with --keep, and it says where", "[run][servers]") {
    const user someone;
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore,fan-out", "--postgres", postgres(), "--keep"}));
    const auto kept = schemas();
    CHECK(end.code == 0);
    REQUIRE(kept.size() == 1);
    CHECK(contains(end.err, kept[0]));
    CHECK(count(fmt::format("SELECT count(*) FROM \"{}\".semaphore_1", kept[0])) == 40);
    CHECK(count(fmt::format("SELECT count(*) FROM \"{}\".fan_out_2", kept[0])) == 40);
    drop(kept);
}

TEST_CASE("a Redis of the user's is used, and nothing is left in it", "[run][servers]") {
    const user someone;
    redis_client(parse_redis_address(redis()), 5s).command({"SET", "precious", "1"});
    const auto before = redis_keys();
    const auto end =
        someone.run_pipebench(quick_and({"-p", "redis-streams", "--redis", redis(), "--postgres", postgres()}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK_FALSE(contains(end.err, "throwaway"));
    CHECK(redis_keys() == before);
}

TEST_CASE("keys that a program leaves in a Redis of the user's are deleted, and no others",
          "[run][servers][runner]") {
    const user someone;
    const auto file = someone.file("r.json");
    redis_client(parse_redis_address(redis()), 5s).command({"SET", "pipebench:precious", "1"});
    const auto before = redis_keys();
    const auto end =
        someone.run_pipebench(quick_and({"-p", "none", "--runner", "mine=" + program_that_makes_keys(someone),
                                         "--redis", redis(), "--postgres", postgres(), "--export-json", file}));
    CAPTURE(end.err);
    CHECK(notes_that_say(saved(file)["runs"][0], "3000 keys made") == 1);
    CHECK(redis_keys() == before);
    CHECK(schemas().empty());
}

TEST_CASE("services uses servers of the user's, and leaves nothing in them", "[services][servers]") {
    const user someone;
    redis_client(parse_redis_address(redis()), 5s).command({"SET", "pipebench:precious", "1"});
    const auto before = redis_keys();
    const auto end =
        someone.run_pipebench({"services", "-n", "20", "-c", "8", "--postgres", postgres(), "--redis", redis(), "--",
                               "sh", "-c", "env; exec " + program_that_makes_keys(someone)});
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "PIPEBENCH_POSTGRES=" + postgres() + '\n'));
    CHECK(contains(end.out, "PIPEBENCH_REDIS=" + redis() + '\n'));
    CHECK(contains(end.out, "3000 keys made"));
    CHECK_FALSE(contains(end.err, "throwaway"));
    CHECK(redis_keys() == before);
    CHECK(schemas().empty());
    CHECK(someone.left_behind().empty());
}

TEST_CASE("the environment names the servers where no option does", "[run][servers]") {
    const user someone;
    auto command = someone.pipebench(quick_and({"-p", "redis-streams"}));
    command.environment["PIPEBENCH_POSTGRES"] = postgres();
    command.environment["PIPEBENCH_REDIS"] = redis();
    const auto end = run(command);
    CHECK(end.code == 0);
    CHECK_FALSE(contains(end.err, "throwaway"));
    command.environment["PIPEBENCH_POSTGRES"] = "sekrit";
    const auto refused = run(command);
    CHECK(refused.code == 2);
    CHECK_FALSE(contains(refused.err, "sekrit"));
}

TEST_CASE("a password is shown nowhere: not on stdout, stderr, in exports, nor to other users' ps", "[run][secret]") {
    const user someone;
    const auto file = someone.file("r.json");
    auto command = someone.pipebench({"-n", "200", "-p", "process-pool,redis-streams", "-c", "4", "--http-latency",
                                      "10ms", "--db-latency", "5ms", "--export-json", file});
    command.environment["PIPEBENCH_POSTGRES"] = url_with_password("sekrit-10");
    running_command under_way(command);
    bool seen = false, seen_workers = false;
    CHECK(comes_true([&] {
        for (const auto& p : someone.processes()) {
            seen = seen || contains(p.command_line, "sekrit-10");
            seen_workers = seen_workers || contains(p.command_line, "_run");
        }
        return contains(under_way.err(), "redis-streams: started");
    }));
    const auto end = under_way.wait();
    CHECK(end.code == 0);
    CHECK(seen_workers);
    CHECK_FALSE(seen);
    CHECK_FALSE(contains(end.out + end.err + read_file(file), "sekrit-10"));
}

TEST_CASE("a password on the command line is not repeated in the result", "[run][secret]") {
    const user someone;
    const auto url = url_with_password("sekrit-11");
    for (const auto& words : {std::vector<std::string>{"--postgres", url}, {"--postgres=" + url}}) {
        auto arguments = quick_and({"-p", "semaphore", "--export-json", "-"});
        arguments.insert(arguments.end(), words.begin(), words.end());
        const auto end = someone.run_pipebench(arguments);
        CHECK(end.code == 0);
        CHECK_FALSE(contains(end.out + end.err, "sekrit-11"));
        CHECK(contains(nlohmann::json::parse(end.out)["command"].get<std::string>(), "--postgres"));
    }
}

TEST_CASE("an order API of the user's is used, and the report says what is not checked then", "[run][servers]") {
    const user someone;
    std::atomic<unsigned> asked = 0;
    const scripted_server api([&](scripted_server::connection& c) {
        for (; const auto id = c.request(); ++asked)
            c.send(*id != 0 ? good_answer(*id) : answer("404 Not Found", ""));
    });
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(
        quick_and({"-p", "semaphore,thread-pool", "--target", api.url(), "--export-json", file}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.err, "--target"));
    CHECK(contains(end.err, "contents are checked against the rows' own checksums only"));
    for (const auto& run : nlohmann::json::parse(read_file(file))["runs"]) {
        CHECK(run["ledger"]["content_checked"] == false);
        CHECK(run["ledger"]["rows"] == 40);
        CHECK(run["api"]["known"] == false);
    }
    CHECK(asked == 2 + 80);  // what the target is, and the orders of both runs
}
