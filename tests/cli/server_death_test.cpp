// A server of the session, or the run itself, that dies although nobody had planned it: its row says so and is not
// trusted, and the session goes on.
#include "support/services.hpp"
#include "support/trouble.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// A session of some seconds, and the file of its result.
struct running_session {
    explicit running_session(const std::vector<std::string>& more)
        : file(someone.file("r.json")), under_way(with_secret(someone.pipebench(arguments(more)))) {
        REQUIRE(comes_true([&] { return !running(someone, "_run").empty(); }));
    }
    /// Kills a server whose command line contains this text once the run is under way and `enough` of them are there.
    pid_t kill(const std::string& what, std::size_t enough = 1) {
        std::vector<process> found;
        REQUIRE(comes_true([&] { return (found = running_roots(someone, what)).size() >= enough; }));
        ::kill(found.at(enough - 1).pid, SIGKILL);
        return found.at(enough - 1).pid;
    }
    /// One of the run's: the session's own, from before the run, may just be ending by themselves.
    pid_t kill_a_backend() { return kill("postgres: pipebench postgres", 4); }
    session_end end() { return checked(someone, under_way.wait(), file, books::cut_short); }

    user someone;
    std::string file;
    running_command under_way;

private:
    std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        auto out = arguments_for(
            {.orders = 600, .in_flight = 6, .http = "10ms"},
            {"--attempt-timeout", "2s", "--order-timeout", "5s", "--export-json", someone.file("r.json")});
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
};

}  // namespace

TEST_CASE("a mock API that dies amid a run makes its row INVALID, and the next run has another one", "[death]") {
    running_session session({"-p", "semaphore,thread-pool"});
    session.kill("mock-api");
    const auto s = session.end();
    CHECK(s.end.code == 3);
    REQUIRE(s.result.runs.size() == 2);
    CHECK(s.result.runs[0].verdict.text == "INVALID: the mock API died amid the run: killed by signal 9 (Killed)");
    CHECK(s.result.runs[1].verdict.trusted());
    CHECK(s.result.runs[1].stored == 600);
}

TEST_CASE("a PostgreSQL that dies amid a run makes its row INVALID, and is started again", "[death]") {
    running_session session({"-p", "semaphore,thread-pool"});
    session.kill("postgres -D ");
    const auto s = session.end();
    CHECK(s.end.code == 3);
    REQUIRE(s.result.runs.size() == 2);
    CHECK(s.result.runs[0].verdict.text == "INVALID: PostgreSQL died amid the run: killed by signal 9 (Killed)");
    CHECK(s.result.runs[1].verdict.trusted());
    CHECK(s.result.runs[1].stored == 600);
}

TEST_CASE("a PostgreSQL that recovers from the crash of a backend makes its row INVALID", "[death]") {
    running_session session({"-p", "semaphore,thread-pool"});
    const auto backend = session.kill_a_backend();
    const auto s = session.end();
    CHECK(s.end.code == 3);
    REQUIRE(s.result.runs.size() == 2);
    CHECK(s.result.runs[0].verdict.text ==
          fmt::format("INVALID: PostgreSQL crashed amid the run: server process (PID {}) was terminated by signal 9: "
                      "Killed",
                      backend));
    CHECK(s.result.runs[0].stored > 500);
    CHECK(s.result.runs[1].verdict.trusted());
}

TEST_CASE("a PostgreSQL that --chaos has killed is excused, and not another death", "[death][chaos]") {
    running_session session({"-p", "semaphore", "--chaos", "kill-postgres@90%"});
    session.kill_a_backend();
    const auto s = session.end();
    CHECK(s.end.code == 3);
    CHECK(contains(s.result.runs.at(0).verdict.text, "PostgreSQL crashed amid the run: "));
}

TEST_CASE("a run that somebody else kills is not started again as one that was to be killed", "[death][chaos]") {
    running_session session({"-p", "semaphore", "--scenario", "db-restart"});
    REQUIRE(comes_true([&] { return !running(session.someone, "postgres: pipebench postgres").empty(); }));
    session.kill("_run");
    const auto s = session.end();
    CHECK(s.end.code == 3);
    const auto& run = s.result.runs.at(0);
    CHECK(run.verdict.text == "INVALID: the run was killed by signal 9 (Killed), which was not planned");
    CHECK(run.recovery.runs == 1);
}

TEST_CASE("connections are terminated whatever application_name they have", "[death][trouble]") {
    const user someone;
    const auto services = someone.file("services");
    std::ofstream(services) << "[mine]\napplication_name=reporting\n";
    const auto file = someone.file("r.json");
    auto c = someone.pipebench(
        arguments_for({.orders = 300, .in_flight = 6}, {"-p", "semaphore", "--scenario", "db-restart", "--postgres",
                                                        postgres() + "&service=mine", "--export-json", file}));
    c.environment["PGSERVICEFILE"] = services;
    const auto s = checked(someone, run(with_secret(c)), file);
    const auto& run = s.result.runs.at(0);
    CAPTURE(notes_of(run));
    CHECK(run.recovery.killed == kill_target::connections);
    CHECK_FALSE(contains(notes_of(run), "terminated 0 connections"));
}

TEST_CASE("an incident that hits nothing was not tried: nobody is called ready for it", "[death][trouble]") {
    const user someone;
    const auto file = someone.file("r.json");
    // The program opens no connection.
    const auto end = someone.run_pipebench(arguments_for(
        {.orders = 10},
        {"-p", "none", "--runner",
         "mine=for i in 1 2 3 4 5 6 7 8 9; do echo failed $i fetch rejected; done; sleep 1; echo failed 10 fetch "
         "rejected",
         "--scenario", "db-restart", "--export-json", file}));
    CAPTURE(end.out, end.err);
    const auto run = parse_result(read_file(file)).runs.at(0);
    CHECK(contains(notes_of(run), "terminated 0 connections to PostgreSQL"));
    CHECK(contains(notes_of(run), "it hit nothing, so nothing was tried"));
    CHECK(run.recovery.killed == kill_target::none);
    CHECK_FALSE(contains(end.out, "ready, as far as tried"));
    CHECK(contains(end.out, "--scenario throttled,flaky,outage,db-restart"));
}
