// Starting, awaiting, killing and stopping a throwaway server, with a shell script in place of PostgreSQL or Redis.
#include "services/throwaway_server.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "system/process_tree.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Runs `script` as a server that counts as ready when the directory has a file "ready".
throwaway_server::settings server(const private_directory& home, const std::string& script) {
    throwaway_server::settings out;
    out.name = "The shell";
    out.arguments = {"/bin/sh", "-c", script};
    out.directory = home.path();
    out.log = home / "log";
    out.answers = [ready = home / "ready"](const pipebench::patience&) { return fs::exists(ready); };
    out.start_limit = 30s;
    return out;
}

std::string complaint_of(throwaway_server::settings settings) {
    throwaway_server started(std::move(settings));
    try {
        started.wait_until_ready();
    } catch (const setup_error& e) {
        return e.what();
    }
    FAIL("no complaint");
    return {};
}

}  // namespace

TEST_CASE("a server is awaited until it answers, and is stopped with its object", "[server]") {
    const private_directory home;
    const auto before = children();
    {
        throwaway_server started(server(home, "trap 'touch stopped; exit' TERM; sleep 0.1; touch ready; "
                                              "while :; do sleep 0.05; done"));
        started.wait_until_ready();
        CHECK(fs::exists(home / "ready"));
        CHECK(started.pid() > 0);
    }
    CHECK(fs::exists(home / "stopped"));
    CHECK(children() == before);
}

TEST_CASE("a server that ends before it answers is named with the last line of its log", "[server]") {
    const private_directory home;
    CHECK(complaint_of(server(home, "echo first; echo 'no memory' >&2; exit 3")) ==
          "The shell did not start: it exited with 3: no memory");
    fs::remove(home / "log");
    CHECK(complaint_of(server(home, "exit 3")) == "The shell did not start: it exited with 3: its log is empty");
}

TEST_CASE("a server that does not answer in time is given up", "[server]") {
    const private_directory home;
    const auto before = children();
    auto settings = server(home, "echo waiting; exec sleep 1000");
    settings.start_limit = 0s;
    CHECK(complaint_of(settings).starts_with("The shell does not answer: "));
    CHECK(children() == before);
}

TEST_CASE("a killed server is started again as another process", "[server]") {
    const private_directory home;
    throwaway_server started(server(home, "echo x >>starts; touch ready; exec sleep 1000"));
    started.wait_until_ready();
    const auto before = started.pid();
    fs::remove(home / "ready");
    started.kill_and_start_again();
    started.wait_until_ready();
    CHECK(started.pid() != before);
    CHECK(read_file(home / "starts") == "x\nx\n");
}

TEST_CASE("a server that dies unasked is told of once, and started again", "[server]") {
    const private_directory home;
    throwaway_server started(server(home, "touch ready; exec sleep 1000"));
    started.wait_until_ready();
    CHECK(started.take_failure().empty());
    const auto first = started.pid();
    ::kill(first, SIGKILL);
    std::string failure;
    REQUIRE(comes_true([&] { return !(failure = started.take_failure()).empty(); }));
    CHECK(failure == "The shell died amid the run: killed by signal 9 (Killed)");
    CHECK(started.pid() != first);
    CHECK(started.take_failure().empty());
}

TEST_CASE("a server that died before it was to be killed has died unasked", "[server]") {
    const private_directory home;
    throwaway_server started(server(home, "touch ready; exec sleep 1000"));
    started.wait_until_ready();
    ::kill(started.pid(), SIGTERM);
    REQUIRE(comes_true([pid = started.pid()] { return !is_alive(pid); }));
    started.kill_and_start_again();
    CHECK(started.take_failure() == "The shell died amid the run: killed by signal 15 (Terminated)");
}

TEST_CASE("a server that is killed as planned has not failed", "[server]") {
    const private_directory home;
    throwaway_server started(server(home, "touch ready; exec sleep 1000"));
    started.wait_until_ready();
    started.kill_and_start_again();
    CHECK(started.take_failure().empty());
}

TEST_CASE("a crash that a server's log tells of is told once, whatever was logged before", "[server]") {
    const private_directory home;
    auto settings = server(
        home, "echo crash; touch ready; while [ ! -f more ]; do sleep 0.01; done; echo crash; exec sleep 1000");
    settings.crash_in = [](const auto& lines) { return lines.empty() ? "" : lines.back(); };
    throwaway_server started(std::move(settings));
    started.wait_until_ready();
    CHECK(started.take_failure() == "The shell crashed amid the run: crash");
    CHECK(started.take_failure().empty());
    std::ofstream(home / "more") << "";
    CHECK(comes_true([&] { return !started.take_failure().empty(); }));
}
