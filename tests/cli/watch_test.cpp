// watch and --live: a view of a session, on a real terminal (a pseudo-terminal) and without one.
#include "support/command.hpp"
#include "support/saved.hpp"
#include "support/scripted_server.hpp"
#include "support/statuses.hpp"
#include "support/terminal.hpp"
#include "support/trouble.hpp"

#include "watch/status_document.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

const std::string leaves_screen = "\x1b[?1049l", shows_cursor = "\x1b[?25h";

/// Long enough for a test to look at.
std::vector<std::string> long_run(std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "-p", "semaphore", "-n", "200", "-c", "1", "--http-latency", "10ms",
                               "--db-latency", "10ms", "--busy-limit", "100%"});
    return more;
}

/// A shorter one, for those that wait for its end.
std::vector<std::string> short_run(std::vector<std::string> more) {
    return long_run([&] {
        more.insert(more.end(), {"--no-yardstick"});
        return more;
    }());
}

std::string answer_with(const std::string& body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.size(), body);
}

/// The address in "metrics at http://127.0.0.1:1234/metrics".
std::string address_in(const std::string& text) {
    const auto at = text.find("http://");
    return text.substr(at, text.find("/metrics", at) - at);
}

pid_t view_of(const user& someone) {
    pid_t out = 0;
    REQUIRE(comes_true([&] {
        const auto found = running(someone, "_watch");
        out = found.empty() ? 0 : found.front().pid;
        return out != 0;
    }));
    return out;
}

/// The part after the view has left the screen.
std::string after_view(const std::string& seen) {
    const auto at = seen.rfind(leaves_screen);
    return at == std::string::npos ? "" : seen.substr(at);
}

}  // namespace

TEST_CASE("--live shows the run, follows the size, and ends before the result is printed", "[watch][live]") {
    const user someone;
    terminal_command session(someone.pipebench(short_run({"--live"})), {70, 24});
    REQUIRE(session.shows("Progress"));
    CHECK(session.shows("In flight"));
    CHECK_FALSE(session.is_as_usual());
    CHECK_FALSE(contains(session.seen(), "gone, floor"));
    session.resize({160, 50});
    CHECK(session.shows("gone, floor"));
    const int code = session.wait();
    CAPTURE(session.seen());
    CHECK(code == 0);
    CHECK(session.is_as_usual());
    const auto after = after_view(session.seen());
    CHECK(contains(after, "Verdict"));
    CHECK(contains(after, "semaphore: "));  // the line about the end of the run was held back
    CHECK_FALSE(contains(after, "Progress"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("q leaves the view, and the run goes on to its end", "[watch][live]") {
    const user someone;
    terminal_command session(someone.pipebench(long_run({"--live"})));
    REQUIRE(session.shows("Progress"));
    session.press("q");
    REQUIRE(session.shows(leaves_screen));
    CHECK(session.shows(" in flight"));  // the usual line of progress
    CHECK(session.is_as_usual());
    const int code = session.wait();
    CAPTURE(session.seen());
    CHECK(code == 0);
    CHECK(contains(after_view(session.seen()), "Verdict"));
}

TEST_CASE("a view that is killed leaves a terminal that works, and the run goes on", "[watch][live]") {
    const user someone;
    terminal_command session(someone.pipebench(long_run({"--live"})));
    REQUIRE(session.shows("Progress"));
    ::kill(view_of(someone), SIGKILL);
    REQUIRE(session.shows(leaves_screen));
    CHECK(contains(session.seen(), shows_cursor));
    CHECK(comes_true([&] { return session.is_as_usual(); }));
    CHECK(session.wait() == 0);
    CHECK(contains(after_view(session.seen()), "Verdict"));
}

TEST_CASE("Ctrl-C reaches the session while a view shows", "[watch][live]") {
    const user someone;
    terminal_command session(someone.pipebench(long_run({"--live"})));
    REQUIRE(session.shows("Progress"));
    session.press("\x03");
    const int code = session.wait();
    CAPTURE(session.seen());
    CHECK(code == 130);
    CHECK(session.is_as_usual());
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a view goes when its session is killed", "[watch][live]") {
    adopt_orphans();
    const user someone;
    terminal_command session(someone.pipebench(long_run({"--live"})));
    REQUIRE(session.shows("Progress"));
    ::kill(session.pid(), SIGKILL);
    CHECK(session.wait() == -1);
    CHECK(comes_true([&] { return running(someone, "_watch").empty(); }));
    CHECK(session.is_as_usual());
}

TEST_CASE("--live without a terminal is refused before anything starts", "[watch][live][bad-input]") {
    const user someone;
    for (const auto* command : {"run", "sweep"}) {
        std::vector<std::string> arguments{command, "--live", "-p", "semaphore"};
        if (command == std::string("sweep")) arguments.insert(arguments.end(), {"-c", "1,2"});
        check_refusal(someone.run_pipebench(arguments), {"--live", "terminal"});
    }
    CHECK(someone.left_behind().empty());
}

TEST_CASE("--live on a terminal that can show nothing is refused", "[watch][live][bad-input]") {
    const user someone;
    auto dumb = someone.pipebench(long_run({"--live"}));
    dumb.environment["TERM"] = "dumb";
    terminal_command session(dumb);
    CHECK(session.wait() == 2);
    CHECK(contains(session.seen(), "--live"));
}

TEST_CASE("watch follows a session to its end, on a terminal and in lines", "[watch]") {
    const user someone, viewer;
    running_command session(someone.pipebench(long_run({"--metrics", "127.0.0.1:0"})));
    REQUIRE(session.says("/metrics"));
    const auto address = address_in(session.err());
    terminal_command screen(viewer.pipebench({"watch", address + "/metrics"}));
    running_command lines(viewer.pipebench({"watch", address}));
    CHECK(screen.shows("semaphore"));
    CHECK(screen.shows("q leaves"));
    CHECK(session.wait().code == 0);
    CHECK(screen.wait() == 0);
    CHECK(screen.is_as_usual());
    CHECK(contains(after_view(screen.seen()), "over; "));
    CHECK(contains(after_view(screen.seen()), "semaphore"));
    const auto end = lines.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "run 1 of 1, semaphore: running"));
    CHECK(lines_of(end.out).back().starts_with("over; "));
    CHECK_FALSE(contains(end.out, "\x1b"));
}

TEST_CASE("watch waits for a session that has not begun, and q leaves it", "[watch]") {
    const user viewer;
    terminal_command screen(viewer.pipebench({"watch", "http://127.0.0.1:1"}));
    CHECK(screen.shows("waiting for http://127.0.0.1:1"));
    CHECK(screen.shows("refused"));
    screen.press("q");
    CHECK(screen.wait() == 0);
    CHECK(screen.is_as_usual());
}

TEST_CASE("watch shows no colours where none are wanted", "[watch]") {
    const auto [variable, value, option] =
        GENERATE(table<std::string, std::string, std::string>({{"NO_COLOR", "1", "auto"}, {"X", "1", "never"}}));
    const user viewer;
    const auto file = viewer.file("status");
    std::ofstream(file) << status_of_run().dump() << "\n";
    auto plain = viewer.pipebench({"watch", file, "--color", option});
    plain.environment[variable] = value;
    terminal_command screen(plain), coloured(viewer.pipebench({"watch", file}));
    CHECK(screen.shows("988 stored"));
    CHECK_FALSE(contains(screen.seen(), "\x1b[32m"));
    CHECK(coloured.shows("\x1b[32m"));
}

TEST_CASE("watch follows a file as it grows", "[watch]") {
    const user viewer;
    const auto file = viewer.file("status");
    std::ofstream(file) << status_of_run().dump() << "\n";
    terminal_command screen(viewer.pipebench({"watch", file}));
    CHECK(screen.shows("988 stored"));
    std::ofstream(file, std::ios::app) << "garbage\n";
    CHECK(screen.shows("no news: not JSON"));
    std::ofstream(file, std::ios::app) << status_at(3, 7654).dump() << "\n";
    CHECK(screen.shows("7,654 stored"));
    screen.press("\x03");
    CHECK(screen.wait() == 0);
    CHECK(screen.is_as_usual());
}

TEST_CASE("a server that answers garbage, too much, or never does a view no harm", "[watch]") {
    using connection = scripted_server::connection;
    struct misbehaviour {
        const char* says;
        scripted_server::script script;
    };
    const std::vector<misbehaviour> all{
        {"no HTTP", [](connection& c) { c.send("garbage\x1b[2J\r\n\r\n"); }},
        {"not JSON",
         [](connection& c) {
             if (c.request()) c.send(answer_with("\x1b[2J{"));
         }},
        {"not a status",
         [](connection& c) {
             if (c.request()) c.send(answer_with("{}"));
         }},
        {"is 404",
         [](connection& c) {
             if (c.request()) c.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
         }},
        {"longer than any status",
         [](connection& c) {
             if (c.request()) c.send(answer_with(std::string(longest_status + 1, ' ')));
         }},
        {"no answer within 2 s", [](connection& c) { c.hold(); }},
        {"no answer within 2 s",
         [](connection& c) {
             while (c.send("H") && c.pause(std::chrono::milliseconds(100))) {
             }
         }},
    };
    for (const auto& one : all) {
        INFO(one.says);
        const scripted_server server(one.script);
        const user viewer;
        running_command lines(viewer.pipebench({"watch", server.url()}));
        CHECK(lines.says(one.says));
        lines.signal(SIGINT);
        const auto end = lines.wait();
        CHECK(end.code == 0);
        CHECK(end.out.empty());
        CHECK_FALSE(contains(end.err, "\x1b"));
    }
}

TEST_CASE("watch refuses what it cannot watch", "[watch][bad-input]") {
    const user someone;
    check_refusal(someone.run_pipebench({"watch"}), {"watch", "URL|FILE"});
    check_refusal(someone.run_pipebench({"watch", "/nowhere/at/all"}), {"/nowhere/at/all", "http://"});
    check_refusal(someone.run_pipebench({"watch", "127.0.0.1:9464"}), {"127.0.0.1:9464", "http://"});
    check_refusal(someone.run_pipebench({"watch", "https://127.0.0.1:9464"}), {"watch", "http://HOST:PORT"});
    check_refusal(someone.run_pipebench({"watch", "http://u:secret@127.0.0.1"}), {"watch", "password"});
    check_refusal(someone.run_pipebench({"watch", "http://127.0.0.1:0"}), {"watch", "port"});
}
