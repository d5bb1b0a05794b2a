// State that a parent leaves to pipebench: closed or full descriptors, ignored and blocked signals, a umask, limits.
#include "support/nobody.hpp"
#include "support/saved.hpp"

#include "pipebench/result.hpp"
#include "services/find_program.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>

using namespace pipebench;
using namespace pipebench::test;

namespace {

std::vector<std::string> shell(const std::string& script) { return {"sh", "-c", script, "sh"}; }

/// A short session of one pattern, below a shell that runs this script with the command as "$@".
command_end session_below(const user& someone, const std::string& script, const std::string& file) {
    return run(behind(shell(script), someone.pipebench(quick_and({"-p", "semaphore", "--export-json", file}))));
}

void check_all_stored(const std::string& file) {
    const auto run = saved(file)["runs"][0];
    CHECK(run["stored"] == 40);
    CHECK(run["verdict"]["trusted"] == true);
}

}  // namespace

TEST_CASE("progress that cannot be written is dropped, and the result goes out", "[inherited]") {
    const auto script =
        GENERATE(as<std::string>{}, "exec \"$@\" 2>&-", "exec \"$@\" 2>/dev/full", "exec \"$@\" <&- 2>&-");
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = session_below(someone, script, file);
    CAPTURE(script, end.out, end.err, end.signal);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "semaphore"));
    check_all_stored(file);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a reader of stderr that goes away ends no session", "[inherited]") {
    const user someone;
    const auto file = someone.file("r.json"), out = someone.file("out"), code = someone.file("code");
    const auto script = fmt::format("{{ \"$@\" 2>&1 >{}; echo $? >{}; }} | head -n 1", out, code);
    const auto end = session_below(someone, script, file);
    CAPTURE(end.out, end.err);
    CHECK(lines_of(end.out).size() == 1);
    CHECK(read_file(code) == "0\n");
    CHECK(contains(read_file(out), "semaphore"));
    check_all_stored(file);
}

TEST_CASE("a result that cannot be written to stdout is an error, and the exports are complete", "[inherited]") {
    const auto script = GENERATE(as<std::string>{}, "exec \"$@\" >&-", "exec \"$@\" >/dev/full");
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = session_below(someone, script, file);
    CAPTURE(script, end.err, end.signal);
    CHECK(end.code == 2);
    CHECK(contains(end.err, "pipebench: cannot write the result to stdout\n"));
    check_all_stored(file);
}

TEST_CASE("with all standard descriptors closed no file or socket gets their numbers", "[inherited]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = run(
        behind(shell("exec \"$@\" <&- >&- 2>&-"), someone.pipebench(quick_and({"--export-json", file, "--keep"}))));
    CHECK(end.code == 2);  // stdout is closed
    const auto result = saved(file);
    for (const auto& run : result["runs"]) CHECK(run["stored"] == 40);
    CHECK(result["runs"].size() == 5);
}

TEST_CASE("signals that the parent ignores or blocks are pipebench's own again", "[inherited][signal]") {
    if (run({{"env", "--ignore-signal=CHLD", "true"}, {}}).code != 0) SKIP("env cannot ignore signals");
    const std::vector<std::string> prefix{"env", "--ignore-signal=CHLD,TERM,PIPE,ALRM,USR1",
                                          "--block-signal=TERM,CHLD,ALRM,INT"};
    const user someone;
    const auto file = someone.file("r.json");
    const auto end =
        run(behind(prefix, someone.pipebench(quick_and({"-p", "all", "--repeat", "1", "--export-json", file}))));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(saved(file)["runs"].size() == 5);
    running_command endless(behind(
        prefix, someone.pipebench({"-n", "100k", "-p", "semaphore", "-c", "2", "--grace", "100ms", "--quiet"})));
    REQUIRE(comes_true([&] { return !running(someone, "_run").empty(); }));
    endless.signal(SIGTERM);
    CHECK(endless.wait().code == 143);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a umask that would keep pipebench out of its own files does not", "[inherited]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = run(as_nobody(
        someone, behind(shell("umask 0777; exec \"$@\""),
                        someone.pipebench(quick_and({"-p", "semaphore,redis-streams", "--export-json", file})))));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    check_all_stored(file);
}

TEST_CASE("a directory of programs may be relative: the server starts in another one", "[inherited][servers]") {
    const auto bindir = find_postgres_bindir({});
    REQUIRE(bindir);
    const user someone;
    const auto file = someone.file("r.json");
    const auto link = std::filesystem::path(someone.file("pgbin"));
    std::filesystem::create_directory_symlink(*bindir, link);
    const auto end =
        run(behind(shell(fmt::format("cd {}; exec \"$@\"", link.parent_path().native())),
                   someone.pipebench(quick_and({"-p", "semaphore", "--pg-bindir", "pgbin", "--export-json", file}))));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    check_all_stored(file);
}

TEST_CASE("the loader's variables reach what is pipebench itself, and no server", "[inherited][servers]") {
    const user someone;
    auto c = someone.pipebench({"-n", "100k", "-p", "redis-streams", "--grace", "100ms", "--quiet"});
    c.environment["LD_LIBRARY_PATH"] = "/nonexistent/libraries";
    running_command session(c);
    const auto has_it = [&](const std::string& what) {
        const auto found = running(someone, what);
        REQUIRE_FALSE(found.empty());
        return contains(read_file(fmt::format("/proc/{}/environ", found.front().pid)),
                        "LD_LIBRARY_PATH=/nonexistent");
    };
    REQUIRE(comes_true([&] { return !running(someone, "_run").empty(); }));
    CHECK(comes_true([&] { return has_it("_run"); }));  // after its exec
    CHECK(has_it("mock-api"));
    CHECK_FALSE(has_it("postgres -D "));
    CHECK_FALSE(has_it("redis-server"));
    session.signal(SIGINT);
    CHECK(session.wait().code == 130);
}

TEST_CASE("threads that the limits forbid are found out before the run, with the numbers", "[inherited][limit]") {
    const auto [limit, said, advice] = GENERATE(table<std::string, std::string, std::string>(
        {{"--nproc=60", "processes and threads, servers included", "ulimit -u"},
         {"--as=1000000000", "threads in one process", "ulimit -v"}}));
    const user someone;
    const auto session = someone.pipebench({"-p", "thread-pool", "-c", "300", "--quiet"});
    check_refusal(run(as_nobody(someone, behind({"prlimit", limit}, session))),
                  {"thread-pool: 300 orders in flight need", said, advice});
}
