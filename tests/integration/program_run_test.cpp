// A program that is run for its output may hang, crash, print without end, or ignore signals. The call must return.
#include "system/program_run.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "system/environment.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <filesystem>

using namespace pipebench;
using namespace std::chrono_literals;
using ending = program_output::ending;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

child_settings shell(const std::string& script) {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", script};
    settings.environment = clean_environment();
    return settings;
}

program_output run_shell(const std::string& script, const program_limits& limits = {}) {
    return run_program(shell(script), limits);
}

program_output ended(const std::string& err, int status) {
    program_output out;
    out.err = err;
    out.end.status = status;
    return out;
}

std::size_t open_descriptors() {
    std::size_t out = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++out;
    return out;
}

constexpr std::size_t pipe_bytes = 64 * 1024;  ///< most that is read beyond a limit
/// The default of ten seconds is meant for pipebench.
constexpr program_limits short_patience{test::patience, 100'000, 1'000, 50ms};

}  // namespace

TEST_CASE("what a program prints is kept apart, and so is its exit code", "[program]") {
    const auto seen = run_shell("echo out; echo err >&2; exit 7");
    CHECK(seen.how == ending::by_itself);
    CHECK(seen.out == "out\n");
    CHECK(seen.err == "err\n");
    CHECK(seen.end.exited_with(7));
}

TEST_CASE("output larger than a pipe arrives whole, the last of it too", "[program]") {
    const auto seen = run_shell("head -c 1000000 /dev/zero; echo; echo the end");
    CHECK(seen.how == ending::by_itself);
    REQUIRE(seen.out.size() == 1'000'000 + 9);
    CHECK(seen.out.ends_with("\nthe end\n"));
}

TEST_CASE("a program that closes its output and lives on is waited for", "[program]") {
    const auto seen = run_shell("echo out; exec >/dev/null 2>&1; sleep 0.1; exit 5");
    CHECK(seen.out == "out\n");
    CHECK(seen.end.exited_with(5));
}

TEST_CASE("a program reads nothing of ours", "[program]") {
    CHECK(run_shell("readlink /proc/self/fd/0").out == "/dev/null\n");
    CHECK(run_shell("cat").out.empty());
}

TEST_CASE("a program has no more time than it was given", "[program]") {
    const auto seen = run_shell("exec sleep 1000", {200ms, 100, 100, 50ms});
    CHECK(seen.how == ending::out_of_time);
    CHECK(WIFSIGNALED(seen.end.status));
}

TEST_CASE("a program that prints without end is stopped, and no more of it is kept than is of use", "[program]") {
    const auto seen = run_shell("exec yes", {test::patience, 100'000, 1'000, test::patience});
    CHECK(seen.how == ending::printed_too_much);
    CHECK(WTERMSIG(seen.end.status) == SIGTERM);
    CHECK(seen.out.size() > 100'000);
    CHECK(seen.out.size() <= 100'000 + pipe_bytes);
}

TEST_CASE("a program that ignores SIGTERM and SIGQUIT is killed", "[program]") {
    const auto seen = run_shell("trap '' TERM QUIT; exec yes", short_patience);
    CHECK(seen.how == ending::printed_too_much);
    CHECK(WTERMSIG(seen.end.status) == SIGKILL);
}

TEST_CASE("complaints without end cost no memory, and the time limit ends them", "[program]") {
    // Lines of four bytes: however a write is cut at the end of a page of the pipe, the last line is whole.
    const auto seen = run_shell("exec yes nay >&2", {2s, 100, 1'000, 50ms});
    CHECK(seen.how == ending::out_of_time);
    CHECK(seen.err.size() == 1'000);
    CHECK(seen.last_words() == "nay");
}

TEST_CASE("a program that printed too much and ended by itself did print too much", "[program]") {
    CHECK(run_shell("head -c 100001 /dev/zero", short_patience).how == ending::printed_too_much);
    CHECK(run_shell("head -c 100000 /dev/zero", short_patience).how == ending::by_itself);
}

TEST_CASE("a grandchild that prints on does not keep us", "[program]") {
    CHECK(run_shell("yes & exit 3", short_patience).end.exited_with(3));
    CHECK(run_shell("yes >&2 & exit 3", short_patience).end.exited_with(3));
}

TEST_CASE("a signal to us ends the program", "[program]") {
    signal_watch signals;
    ::kill(::getpid(), SIGTERM);
    const auto seen = run_program(shell("exec sleep 1000"), {}, patience(signals, 0s));
    CHECK(seen.how == ending::signalled);
    CHECK(signals.first() == SIGTERM);
    CHECK(WIFSIGNALED(seen.end.status));
}

TEST_CASE("an end is told as a shell tells it", "[program]") {
    CHECK(ended("", 3 << 8).end.code_of_shell() == 3);
    CHECK(ended("", SIGTERM).end.code_of_shell() == 128 + SIGTERM);
}

TEST_CASE("the last words are the last line that is one, printable and not too long", "[program]") {
    CHECK(ended("first\nlast\n\n \n", 0).last_words() == "last");
    CHECK(ended("alone", 0).last_words() == "alone");
    CHECK(ended("", 2 << 8).last_words() == "it ended: exited with 2");
    CHECK(ended(" \n\n", SIGKILL).last_words() == "it ended: killed by signal 9 (Killed)");
    const auto hostile = ended("\x1b[31mred\n\x1b[2J\x07" + std::string(5'000, 'x'), 0).last_words();
    CHECK(hostile.find_first_of("\x1b\x07\n") == std::string::npos);
    CHECK(hostile.size() < 400);
}

TEST_CASE("a program that is not there is one line that names it", "[program]") {
    child_settings nobody = shell("");
    nobody.arguments = {"/nonexistent/pipebench"};
    CHECK_THROWS_MATCHES(
        run_program(nobody, {}), setup_error,
        MessageMatches(ContainsSubstring("/nonexistent/pipebench") && ContainsSubstring("No such file")));
}

TEST_CASE("no descriptor and no child is left of twenty programs, however they end", "[program]") {
    const auto before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
        static_cast<void>(run_shell("exit 0"));
        static_cast<void>(run_shell("exec yes", {test::patience, 10, 10, 50ms}));
        child_settings nobody = shell("");
        nobody.arguments = {"/nonexistent/pipebench"};
        CHECK_THROWS_AS(run_program(nobody, {}), setup_error);
    }
    CHECK(open_descriptors() == before);
    CHECK(test::children().empty());
}
