// A whole session whose Redis refuses commands, is silent, or is of no use: it ends, says so, and no order is lost.
#include "support/redis_server.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <csignal>
#include <thread>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

const load some_seconds{.orders = 400, .in_flight = 10, .http = "50ms", .db = "20ms"};

command session_on(const user& someone, const redis_server& redis, const load& l, std::vector<std::string> more) {
    more.insert(more.begin(), {"-p", "redis-streams", "--redis", redis.tcp_url(), "--lease", "500ms", "--export-json",
                               someone.file("r.json")});
    return with_secret(someone.pipebench(arguments_for(l, more)));
}

/// Whether results have come in: the run is under way.
bool has_results(const redis_server& redis) {
    return comes_true([&] {
        const auto keys = redis.ask({"KEYS", "pipebench:*:order_results"});
        return keys->elements == 1 && redis.ask({"XLEN", keys->element[0]->str})->integer >= 20;
    });
}

}  // namespace

TEST_CASE("a Redis that refuses writes for a moment amid a run costs no order and no worker", "[redis_away]") {
    struct trouble {
        redis_command begin, end;
    };
    const auto [begin, end] =
        GENERATE(trouble{{"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}},
                 trouble{{"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}});
    CAPTURE(begin);
    const redis_server redis;
    const user someone;
    running_command session(session_on(someone, redis, some_seconds, {}));
    REQUIRE(has_results(redis));
    redis.ask(begin);
    std::this_thread::sleep_for(300ms);  // long enough for every worker to meet it
    redis.ask(end);
    const auto s = checked(someone, session.wait(), someone.file("r.json"));
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    CHECK(s.result.runs.at(0).stored == some_seconds.orders);
    CHECK_FALSE(contains(notes_of(s.result.runs.at(0)), "worker"));
    CHECK(redis.ask({"DBSIZE"})->integer == 0);
}

TEST_CASE("a Redis that falls silent for good amid a run ends it after the limits of an order", "[redis_away]") {
    const redis_server redis;
    const user someone;
    running_command session(
        session_on(someone, redis, {.orders = 100'000}, {"--order-timeout", "1s", "--attempt-timeout", "1s"}));
    REQUIRE(has_results(redis));
    redis.signal(SIGSTOP);
    const auto end = session.wait();
    CAPTURE(end.err);
    CHECK(end.code != 0);
    CHECK(contains(end.out + end.err, "it was away for longer than --order-timeout (1s)"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a signal while Redis is silent ends the session, and what was measured is printed",
          "[redis_away][signal]") {
    const redis_server redis;
    const user someone;
    running_command session(session_on(someone, redis, {.orders = 100'000}, {"--grace", "500ms"}));
    REQUIRE(has_results(redis));
    redis.signal(SIGSTOP);
    session.signal(SIGINT);
    const auto s = checked(someone, session.wait(), someone.file("r.json"), books::cut_short);
    CHECK(s.end.code == 130);
    CHECK(s.result.interrupted);
}

TEST_CASE("a Redis of no use is refused before anything is measured", "[redis_away]") {
    const redis_server redis;
    redis.ask({"REPLICAOF", "127.0.0.1", "1"});
    const user someone;
    const auto end = run(session_on(someone, redis, {}, {}));
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(lines_of(end.err).size() == 1);
    CHECK(contains(end.err, fmt::format("--redis: {}/0 is a replica", redis.tcp_url())));
    CHECK(someone.left_behind().empty());
}
