// The environment of the command: few descriptors, signals during trouble, another user, a long TMPDIR, variables for
// other programs.
#include "support/nobody.hpp"
#include "support/saved.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"
#include "support/trouble.hpp"

#include "pipebench/pattern.hpp"

#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sstream>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

std::string any_pattern() {
    std::vector<std::string> ids;
    for (const pattern& p : patterns()) ids.emplace_back(p.id);
    return GENERATE_COPY(from_range(ids));
}

/// Start time of the process in clock ticks since boot (proc(5), stat, field 22).
std::uint64_t started(const process& p) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", p.pid));
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    std::string field;
    for (int i = 3; i <= 22; ++i) fields >> field;
    return field.empty() ? 0 : std::stoull(field);
}

bool is_installed(const std::string& program) { return run({{"which", program}, {}}).code == 0; }

/// Orders that wait for hours for an answer.
std::vector<std::string> stuck_orders(const user& someone, const std::string& pattern) {
    return arguments_for({.orders = 50, .in_flight = 8},
                         {"-p", pattern, "--attempt-timeout", "1h", "--order-timeout", "1h", "--scenario",
                          api_of_only(someone, "black-hole"), "--export-json", someone.file("r.json")});
}

/// Waits until the run has printed that it has begun, and its API has a client.
bool is_under_way(const user& someone, const running_command& session) {
    return session.says(": started") &&
           comes_true([&] { return !running(someone, "_run").empty() && !running(someone, "mock-api").empty(); });
}

void check_interrupted(const session_end& s, int code) {
    CAPTURE(s.end.err);
    CHECK(s.end.code == code);
    CHECK(s.result.interrupted);
    REQUIRE(s.result.runs.size() == 1);
    CHECK(s.result.runs[0].interrupted);
    CHECK(s.result.runs[0].not_started > 0);
    CHECK(contains(s.end.out, "INTERRUPTED"));
}

}  // namespace

TEST_CASE("a session that does not fit the descriptors is refused with the numbers, whatever the pattern",
          "[environment][bad-input]") {
    const auto pattern = any_pattern();
    const user someone;
    std::vector<std::string> prefix{"sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"};
    // Root could raise the limit again, so it drops that capability.
    if (::geteuid() == 0) prefix.insert(prefix.begin(), {"setpriv", "--bounding-set", "-sys_resource"});
    if (!is_installed(prefix.front())) SKIP(prefix.front() + " is not installed");
    check_refusal(run(behind(prefix, someone.pipebench({"-n", "1000", "-c", "1000", "-p", pattern}))),
                  {pattern, "1000 orders in flight", "descriptors", "64", "ulimit -n"});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("descriptors that run out amid a run fail orders for want of resources, and the run ends",
          "[environment]") {
    const user someone;
    scripted_server api([](scripted_server::connection& c) {
        if (const auto id = c.request()) c.send(good_answer(*id));
    });
    const auto file = someone.file("r.json");
    running_command session(with_secret(
        someone.pipebench(arguments_for({.orders = 5000, .in_flight = 4, .db = "5ms"},
                                        {"-p", "semaphore", "--connections", "per-order", "--attempts", "2",
                                         "--backoff-base", "1ms", "--target", api.url(), "--export-json", file}))));
    REQUIRE(comes_true([&] { return api.connections() > 20; }));
    const auto measured = running(someone, "_run");
    REQUIRE(measured.size() == 1);
    const rlimit none{3, 3};  // for new descriptors; open ones stay
    REQUIRE(::prlimit(measured[0].pid, RLIMIT_NOFILE, &none, nullptr) == 0);
    const auto s = checked(someone, session.wait(), file);
    const auto& run = s.result.runs.at(0);
    CHECK(run.stored > 0);
    CHECK(run.failed > 0);
    CHECK(failed_as(run, "fetch", "resources") == run.failed);
}

TEST_CASE("a signal amid orders that hang ends the run within its grace, with a result that says so",
          "[environment][signal]") {
    const auto pattern = any_pattern();
    const auto [number, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
    const user someone;
    auto arguments = stuck_orders(someone, pattern);
    arguments.insert(arguments.end(), {"--grace", "100ms", "--postgres", postgres()});
    running_command session(with_secret(someone.pipebench(arguments)));
    REQUIRE(is_under_way(someone, session));
    session.signal(number);
    check_interrupted(checked(someone, session.wait(), someone.file("r.json")), code);
}

TEST_CASE("a second signal does not wait for the grace, and the result is written all the same",
          "[environment][signal]") {
    const auto pattern = any_pattern();
    const user someone;
    auto arguments = stuck_orders(someone, pattern);
    arguments.insert(arguments.end(), {"--grace", "10m", "--postgres", postgres()});
    running_command session(with_secret(someone.pipebench(arguments)));
    REQUIRE(is_under_way(someone, session));
    CHECK(comes_true([&] {
        session.signal(SIGINT);  // repeatedly, since two pending signals count as one
        return running(someone, "_run").empty();
    }));
    check_interrupted(checked(someone, session.wait(), someone.file("r.json")), 130);
}

TEST_CASE("a signal amid a long Retry-After does not wait for it", "[environment][signal]") {
    const user someone;
    const auto later = api_of_only(someone, "status", {{"status", 503}, {"retry_after", "1800s"}});
    const auto file = someone.file("r.json");
    running_command session(with_secret(
        someone.pipebench(arguments_for({.orders = 50}, {"-p", "thread-pool", "--order-timeout", "1h", "--scenario",
                                                         later, "--grace", "100ms", "--export-json", file}))));
    REQUIRE(is_under_way(someone, session));
    session.signal(SIGINT);
    check_interrupted(checked(someone, session.wait(), file), 130);
}

TEST_CASE("a signal after a server was killed, while the run comes back, ends it as any other",
          "[environment][signal]") {
    const auto [killed, victim] = GENERATE(table<std::string, std::string>(
        {{"kill-redis@0.1%", "/redis-server"}, {"kill-postgres@0.1%", "/postgres -D"}}));
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(with_secret(someone.pipebench(arguments_for(
        {.orders = 10'000, .in_flight = 8, .http = "50ms"},
        {"-p", "redis-streams", "--lease", "500ms", "--chaos", killed, "--grace", "2s", "--export-json", file}))));
    // The restarted server is younger than the API, which starts after the servers.
    REQUIRE(comes_true([&, what = victim] {
        const auto api = running(someone, "mock-api");
        return !api.empty() && std::ranges::any_of(running_roots(someone, what), [&](const process& p) {
            return started(p) > started(api.front());
        });
    }));
    session.signal(SIGINT);
    check_interrupted(checked(someone, session.wait(), file, books::cut_short), 130);
}

TEST_CASE("a signal right after a worker was killed ends the run as any other", "[environment][signal]") {
    const std::string pattern = GENERATE("process-pool", "redis-streams");
    const user someone;
    const auto file = someone.file("r.json");
    running_command session(
        with_secret(someone.pipebench(arguments_for({.orders = 10'000, .in_flight = 4, .http = "20ms"},
                                                    {"-p", pattern, "--grace", "2s", "--export-json", file}))));
    REQUIRE(is_under_way(someone, session));
    std::vector<process> workers;
    REQUIRE(comes_true([&] { return (workers = running(someone, "_run")).size() == 5; }));
    std::ranges::sort(workers, {}, [](const process& p) { return started(p); });
    ::kill(workers.back().pid, SIGKILL);
    session.signal(SIGINT);
    check_interrupted(checked(someone, session.wait(), file, books::cut_short), 130);
}

TEST_CASE("pipebench killed outright amid orders that hang takes all it started with it", "[environment][signal]") {
    const auto pattern = any_pattern();
    const user someone;
    running_command session(with_secret(someone.pipebench(stuck_orders(someone, pattern))));
    REQUIRE(is_under_way(someone, session));
    session.signal(SIGKILL);
    CHECK(session.wait().signal == SIGKILL);
    CHECK(comes_true([&] { return someone.processes().empty(); }));
    CHECK(someone.run_pipebench({"-n", "5", "-p", "fan-out"}).code == 0);  // sweeps up
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a user with no rights at all can measure under a scenario", "[environment]") {
    const user someone;
    const auto session = with_secret(someone.pipebench(
        arguments_for({}, {"--scenario", "flaky,db-restart", "--export-json", someone.file("r.json")})));
    const auto s = checked(someone, run(as_nobody(someone, session)), someone.file("r.json"));
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    for (const auto& run : s.result.runs) CHECK(run.stored == run.orders);
}

TEST_CASE("a TMPDIR that is too long for a unix socket's path is none the worse", "[environment]") {
    const user someone;
    auto session = with_secret(someone.pipebench(
        arguments_for({.orders = 400}, {"-p", "redis-streams", "--export-json", someone.file("r.json")})));
    auto longest = session.environment.at("TMPDIR") + '/';
    longest.resize(120, 'x');
    std::filesystem::create_directory(longest);
    std::filesystem::permissions(longest, std::filesystem::perms::all);
    session.environment["TMPDIR"] = longest;
    running_command under_way(session);
    REQUIRE(under_way.says(": started"));
    const auto servers = processes_of(longest);
    std::vector<std::string> elsewhere;  // directories of its servers outside TMPDIR
    for (const auto& p : servers) {
        const auto at = p.command_line.find("/tmp/pipebench-");
        if (at != std::string::npos)
            elsewhere.push_back(p.command_line.substr(at, std::string("/tmp/pipebench-XXXXXX").size()));
    }
    const auto end = under_way.wait();
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK_FALSE(elsewhere.empty());
    for (const auto& directory : elsewhere) CHECK_FALSE(std::filesystem::exists(directory));
    CHECK(processes_of(longest).empty());
    CHECK(std::filesystem::is_empty(longest));
    for (const auto& run : parse_result(read_file(someone.file("r.json"))).runs) check_books(run);
}

TEST_CASE("a TMPDIR with characters that a URL must encode serves every pattern", "[environment]") {
    const user someone;
    auto session =
        with_secret(someone.pipebench(arguments_for({}, {"-p", "all", "--export-json", someone.file("r.json")})));
    const auto odd = session.environment.at("TMPDIR") + "/a b%20#c?d=e&f@g:h+'\"$;\\\xc3\xa9";
    std::filesystem::create_directory(odd);
    std::filesystem::permissions(odd, std::filesystem::perms::all);
    session.environment["TMPDIR"] = odd;
    running_command under_way(session);
    REQUIRE(under_way.says(": started"));
    CHECK_FALSE(std::filesystem::is_empty(odd));  // the servers are there
    const auto end = under_way.wait();
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(processes_of(odd).empty());
    CHECK(std::filesystem::is_empty(odd));
    const auto result = parse_result(read_file(someone.file("r.json")));
    CHECK(result.runs.size() == patterns().size());
    for (const auto& run : result.runs) CHECK(run.stored == run.orders);
}

TEST_CASE("variables that are meant for another PostgreSQL reach neither what is killed nor what comes back",
          "[environment][secret]") {
    const user someone;
    auto session = with_secret(someone.pipebench(arguments_for(
        {.orders = 100}, {"-p", "semaphore,process-pool", "--attempts", "30", "--scenario", "clean,db-restart",
                          "--chaos", "kill-postgres@30%", "--export-json", someone.file("r.json")})));
    session.environment.insert({{"PGHOST", "nowhere.invalid"},
                                {"PGHOSTADDR", "192.0.2.1"},
                                {"PGPORT", "1"},
                                {"PGDATA", "/nonexistent"},
                                {"PGSERVICE", "no-such-service"},
                                {"PGSERVICEFILE", "/nonexistent"},
                                {"PGPASSFILE", "/nonexistent"},
                                {"PGUSER", "nobody-here"},
                                {"PGDATABASE", "nowhere"},
                                {"PGSSLMODE", "verify-full"},
                                {"PGAPPNAME", "somebody-else"},
                                {"PGOPTIONS", "--no-such-option"}});
    const auto s = checked(someone, run(session), someone.file("r.json"));
    CAPTURE(s.end.err);
    CHECK(s.end.code == 0);
    REQUIRE(s.result.runs.size() == 4);
    for (const auto& run : s.result.runs) CHECK(run.stored == run.orders);
}
