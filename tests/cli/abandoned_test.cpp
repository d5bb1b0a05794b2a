// What a session that was killed has left on servers of the user.
#include "redis/redis_client.hpp"
#include "support/saved.hpp"
#include "support/services.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string>& our_servers() {
    static const std::vector<std::string> out{"--postgres", postgres(), "--redis", redis()};
    return out;
}

command_end run_with_servers(const user& someone, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), our_servers().begin(), our_servers().end());
    return someone.run_pipebench(std::move(arguments));
}

/// The schema of a session that began elsewhere.
void make_schema_of_another_machine(const std::string& name) {
    sql(fmt::format("CREATE SCHEMA {0}; CREATE TABLE {0}.orders (); COMMENT ON SCHEMA {0} IS "
                    "'pipebench session of host other boot 1 pids 1 pid 1 start 1'",
                    name));
}

}  // namespace

TEST_CASE("what a killed session has left on servers of the user goes with the next one", "[clean][servers]") {
    const auto keys = redis_keys();
    const user someone;
    auto arguments = arguments_for({.orders = 100'000, .in_flight = 4}, {"-p", "redis-streams"});
    arguments.insert(arguments.end(), our_servers().begin(), our_servers().end());
    running_command session(someone.pipebench(arguments));
    // The mark of the session, and the stream of its run.
    REQUIRE(comes_true([&] { return !schemas().empty() && redis_keys() > keys + 1; }));
    const auto left = schemas();
    REQUIRE(left.size() == 1);
    const auto other = run_with_servers(someone, {"doctor", "--sweep"});
    CHECK(contains(other.out, left[0] + " is left: its session is running"));
    CHECK(schemas() == left);
    session.signal(SIGKILL);
    CHECK(session.wait().signal == SIGKILL);
    CHECK(comes_true([&] { return someone.processes().empty(); }));
    CHECK(schemas() == left);
    const auto next = run_with_servers(someone, quick_and({"-p", "redis-streams"}));
    CAPTURE(next.err);
    CHECK(next.code == 0);
    CHECK(contains(next.err, "dropped schema " + left[0]));
    CHECK(schemas().empty());
    CHECK(redis_keys() == keys);
}

TEST_CASE("what belongs to a session of another machine goes when the user says so", "[clean][servers][doctor]") {
    const std::string other = "pipebench_0badcafe", used = "pipebench_0badbeef", kept = "pipebench_0badf00d";
    make_schema_of_another_machine(other);
    make_schema_of_another_machine(used);
    sql("CREATE SCHEMA " + kept);  // as --keep leaves it
    redis_client client(parse_redis_address(redis()), 5s);
    const auto keys = redis_keys();
    client.command({"HSET", "pipebench:sessions", "0badcafe", "host other boot 1 pids 1 pid 1 start 1"});
    client.command({"SET", "pipebench:0badcafe:1:orders", "x"});
    const user someone;
    CHECK(run_with_servers(someone, quick_and({"-p", "redis-streams"})).code == 0);
    CHECK(schemas().size() == 3);
    CHECK(redis_keys() == keys + 2);
    const pqxx::connection its_run(postgres() + "&application_name=" + used);
    const auto end = run_with_servers(someone, {"doctor", "--sweep"});
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "dropped schema " + other));
    CHECK(contains(end.out, used + " is left: its session has connections"));
    CHECK(contains(end.out, kept + " is left: it has no mark"));
    CHECK(contains(end.out, "pipebench:0badcafe:*"));
    CHECK(schemas().size() == 2);
    CHECK(redis_keys() == keys);
    for (const auto& name : schemas()) sql(fmt::format("DROP SCHEMA {} CASCADE", name));
}

TEST_CASE("a sweep without a server is refused", "[doctor][bad-input]") {
    const user someone;
    check_refusal(someone.run_pipebench({"doctor", "--sweep"}), {"--sweep", "--postgres", "--redis"});
}
