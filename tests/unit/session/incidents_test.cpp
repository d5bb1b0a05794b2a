// Incidents of --chaos and of scenarios: their targets, times and notes.
#include "session/incidents.hpp"

#include "contracts/error.hpp"
#include "support/fake_run.hpp"
#include "support/sleeper.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// Counts the actions against servers.
struct servers {
    int redis_kills = 0, postgres_kills = 0;
    [[nodiscard]] incident_means means() {
        return {.kill_redis = [this] { ++redis_kills; },
                .kill_postgres = [this] { ++postgres_kills; },
                .terminate_connections = [] { return std::uint64_t{3}; }};
    }
};

const scenario clean{"clean", "", {}, {}, {}, ""};
const workload work;

}  // namespace

TEST_CASE("without chaos and trouble nothing happens", "[incidents]") {
    servers s;
    CHECK(incidents_of({}, clean, fake_contestant("a"), work, s.means()).empty());
}

TEST_CASE("a server is killed by those who own it, and started anew: its usage is read before", "[incidents]") {
    servers s;
    const fake_contestant who("a", {.in_flight = 1, .redis = true});
    const auto redis = incidents_of({kill_target::redis, 0.25}, clean, who, work, s.means());
    REQUIRE(redis.size() == 1);
    CHECK(redis[0].target == kill_target::redis);
    CHECK(redis[0].at == 0.25);
    CHECK(redis[0].restarts_a_service);
    CHECK(redis[0].strike(0).text == "killed Redis, which came back empty");
    const auto postgres = incidents_of({kill_target::postgres, 0.5}, clean, who, work, s.means());
    REQUIRE(postgres.size() == 1);
    CHECK(postgres[0].restarts_a_service);
    CHECK(postgres[0].strike(0).text == "killed PostgreSQL, and started it again");
    CHECK(s.redis_kills == 1);
    CHECK(s.postgres_kills == 1);
}

TEST_CASE("Redis is not killed in the run of a contestant that does not use it", "[incidents]") {
    servers s;
    CHECK(incidents_of({kill_target::redis, 0.5}, clean, fake_contestant("a"), work, s.means()).empty());
}

TEST_CASE("a run is killed as a whole", "[incidents]") {
    servers s;
    sleeper run;
    const fake_contestant who("a");
    const auto all = incidents_of({kill_target::run, 0.5}, clean, who, work, s.means());
    REQUIRE(all.size() == 1);
    CHECK(all[0].target == kill_target::run);
    CHECK_FALSE(all[0].restarts_a_service);
    const auto done = all[0].strike(run.pid());
    CHECK(done.text == fmt::format("killed the run (process {})", run.pid()));
    CHECK(done.hit);
    CHECK(done.killed_run);
    CHECK(run.ending_signal() == SIGKILL);
}

TEST_CASE("of a contestant without worker processes the run itself is killed in place of a worker", "[incidents]") {
    servers s;
    sleeper run;
    const fake_contestant who("a", {.in_flight = 1, .processes = 1});
    const auto all = incidents_of({kill_target::worker, 0.5}, clean, who, work, s.means());
    REQUIRE(all.size() == 1);
    CHECK(all[0].target == kill_target::worker);
    const auto done = all[0].strike(run.pid());
    CHECK(done.text == fmt::format("killed the run (process {}): it has no worker processes", run.pid()));
    CHECK(done.killed_run);
    CHECK(run.ending_signal() == SIGKILL);
}

TEST_CASE("a run that no longer needs its workers is near its end, and is left alone", "[incidents]") {
    servers s;
    sleeper run;
    const fake_contestant who("a", {.in_flight = 1, .processes = 5});
    const auto all = incidents_of({kill_target::worker, 0.5}, clean, who, work, s.means());
    REQUIRE(all.size() == 1);
    const auto done = all[0].strike(run.pid());
    CHECK(done.text == "found no worker left to kill");
    CHECK_FALSE(done.hit);
    CHECK_FALSE(done.killed_run);
    CHECK(::kill(run.pid(), 0) == 0);
}

TEST_CASE("a scenario terminates the connections to PostgreSQL, beside what --chaos kills", "[incidents]") {
    servers s;
    auto restart = clean;
    restart.database.terminate_at = 0.3;
    const fake_contestant who("a");
    const auto all = incidents_of({kill_target::run, 0.5}, restart, who, work, s.means());
    REQUIRE(all.size() == 2);
    CHECK(all[0].target == kill_target::connections);
    CHECK(all[0].at == 0.3);
    CHECK_FALSE(all[0].restarts_a_service);
    CHECK(all[0].strike(0).text == "terminated 3 connections to PostgreSQL");
    CHECK(all[0].strike(0).hit);
    CHECK(all[1].target == kill_target::run);
}

TEST_CASE("connections that are not there, or cannot be terminated, were not hit", "[incidents]") {
    auto restart = clean;
    restart.database.terminate_at = 0.3;
    const fake_contestant who("a");
    servers s;
    auto means = s.means();
    means.terminate_connections = [] { return std::uint64_t{0}; };
    const auto none = incidents_of({}, restart, who, work, means).at(0).strike(0);
    CHECK(none.text == "terminated 0 connections to PostgreSQL");
    CHECK_FALSE(none.hit);
    means.terminate_connections = []() -> std::uint64_t { throw setup_error("PostgreSQL: it is away"); };
    const auto away = incidents_of({}, restart, who, work, means).at(0).strike(0);
    CHECK(away.text == "could not terminate the connections to PostgreSQL (PostgreSQL: it is away)");
    CHECK_FALSE(away.hit);
}
