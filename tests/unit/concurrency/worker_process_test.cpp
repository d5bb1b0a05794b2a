// Processes that die, hang or never start. A session must not hang, report wrongly or leave anything behind.
#include "concurrency/worker_process.hpp"

#include "contracts/error.hpp"
#include "system/child_process.hpp"
#include "system/environment.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

namespace {

constexpr auto limit = std::chrono::milliseconds(20s);

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

struct test_pipe {
    test_pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        out = descriptor(ends[0]);
        in = descriptor(ends[1]);
    }
    descriptor out, in;
};

std::string read_some(int from) {
    std::array<char, 4096> part{};
    const auto n = ::read(from, part.data(), part.size());
    return n > 0 ? std::string(part.data(), static_cast<std::size_t>(n)) : std::string();
}

std::string read_all(int from) {
    std::string out;
    for (std::string part; !(part = read_some(from)).empty();) out += part;
    return out;
}

/// The output of a program, which must succeed.
std::string output_of(child_settings settings) {
    test_pipe pipe;
    settings.descriptors[STDOUT_FILENO] = pipe.in.get();
    auto child = child_process::spawn(settings);
    pipe.in.reset();
    auto printed = read_all(pipe.out.get());
    const auto end = child.wait_for(limit);
    REQUIRE(end);
    CHECK(end->describe() == "exited with 0");
    return printed;
}

child_settings shell(const std::string& script) {
    child_settings s;
    s.arguments = {"/bin/sh", "-c", script};
    s.environment = clean_environment();
    return s;
}

/// A shell that has printed "ready", after the first part of the script.
child_process ready_shell(const std::string& script) {
    test_pipe pipe;
    auto settings = shell(script);
    settings.descriptors[STDOUT_FILENO] = pipe.in.get();
    auto child = child_process::spawn(settings);
    pipe.in.reset();
    REQUIRE(read_some(pipe.out.get()) == "ready\n");
    return child;
}

std::pair<message_channel, message_channel> connected_channels() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {message_channel(descriptor(ends[0])), message_channel(descriptor(ends[1]))};
}

/// Waits for the one worker whose channel is readable. No other may be.
std::size_t the_ready_one(worker_fleet& fleet) {
    const auto ready = fleet.wait(limit);
    REQUIRE(ready.size() == 1);
    return ready.front();
}

void tell_pid_and_wait_for_the_end(message_channel& parent, std::size_t) {
    parent.send(::getpid());
    while (parent.receive<int>()) {
    }
}

}  // namespace

// --- message_channel ---

TEST_CASE("a message arrives whole, up to the largest", "[message_channel]") {
    using largest = std::array<char, message_channel::max_message>;
    const auto [here, there] = connected_channels();
    largest sent{};
    sent.back() = 'x';
    CHECK(here.send(sent));
    CHECK(here.send('y'));
    CHECK(there.receive<largest>() == sent);
    CHECK(there.receive<char>() == 'y');
}

TEST_CASE("a message of another size is not taken for the one expected", "[message_channel]") {
    const auto [here, there] = connected_channels();
    here.send(std::uint64_t{1});
    CHECK_FALSE(there.receive<std::uint32_t>());
    here.send(std::uint16_t{1});
    CHECK_FALSE(there.receive<std::uint32_t>());
    here.send(std::uint32_t{3});
    CHECK(there.receive<std::uint32_t>() == 3u);  // the others were dropped, each as a whole
}

TEST_CASE("a message that is longer than the largest is not taken for the largest", "[message_channel]") {
    const auto [here, there] = connected_channels();
    const std::array<char, message_channel::max_message + 1> sent{};
    REQUIRE(::send(here.native(), sent.data(), sent.size(), 0) == static_cast<ssize_t>(sent.size()));
    CHECK_FALSE(there.receive<std::array<char, message_channel::max_message>>());
}

TEST_CASE("the end of the other side is seen at the next receive, and at the next send", "[message_channel]") {
    auto [here, there] = connected_channels();
    there.send(1);
    there.close();
    CHECK(here.receive<int>() == 1);
    CHECK_FALSE(here.receive<int>());
    CHECK_FALSE(here.send(2));
}

// --- worker_fleet ---

TEST_CASE("messages go to workers and come back", "[worker_fleet]") {
    worker_fleet fleet(4, [](message_channel& parent, std::size_t number) {
        while (const auto n = parent.receive<int>()) parent.send(*n * 10 + static_cast<int>(number));
    });
    for (int round = 1; round <= 3; ++round) {
        for (std::size_t w = 0; w < fleet.size(); ++w) CHECK(fleet.channel(w).send(round));
        for (std::size_t w = 0; w < fleet.size(); ++w)
            CHECK(fleet.channel(w).receive<int>() == round * 10 + static_cast<int>(w));
    }
    CHECK(fleet.wait(0ms).empty());
}

TEST_CASE("a worker holds its channel, the standard descriptors and nothing else", "[worker_fleet]") {
    const descriptor somebody_elses(::open("/dev/null", O_RDONLY));
    worker_fleet fleet(3, [](message_channel& parent, std::size_t) {
        std::uint64_t held = 0;
        for (int fd = 3; fd < 1024; ++fd) held += ::fcntl(fd, F_GETFD) >= 0 ? 1u : 0u;
        parent.send(held);
    });
    for (std::size_t w = 0; w < fleet.size(); ++w) CHECK(fleet.channel(w).receive<std::uint64_t>() == 1u);
}

TEST_CASE("a worker that was killed is seen although its siblings live, and reaped by name", "[worker_fleet]") {
    worker_fleet fleet(3, tell_pid_and_wait_for_the_end);
    std::array<pid_t, 3> pids{};
    for (std::size_t w = 0; w < 3; ++w) pids.at(w) = fleet.channel(w).receive<pid_t>().value();
    ::kill(pids[1], SIGKILL);
    CHECK(the_ready_one(fleet) == 1);
    CHECK(fleet.reap(1) == fmt::format("worker {} was killed by signal 9 (Killed)", pids[1]));
    CHECK(is_alive(pids[0]));
    CHECK(is_alive(pids[2]));
}

TEST_CASE("a worker that was replaced works in the place of the dead", "[worker_fleet]") {
    worker_fleet fleet(2, tell_pid_and_wait_for_the_end);
    const auto first = fleet.channel(0).receive<pid_t>().value();
    fleet.channel(1).receive<pid_t>();
    ::kill(first, SIGKILL);
    fleet.reap(the_ready_one(fleet));
    CHECK(fleet.start_replacements() == std::vector<std::size_t>{0});
    CHECK(the_ready_one(fleet) == 0);
    CHECK(fleet.channel(0).receive<pid_t>().value() != first);
}

TEST_CASE("the end of a reaped worker is not told again, whoever still holds a copy of its channel",
          "[worker_fleet]") {
    worker_fleet fleet(1, [](message_channel&, std::size_t) {});
    // Like a sibling that was just forked and has not closed inherited descriptors.
    const descriptor copy(::dup(fleet.channel(0).native()));
    CHECK(the_ready_one(fleet) == 0);
    CHECK_THAT(fleet.reap(0), StartsWith("worker "));
    CHECK(fleet.wait(0ms).empty());
}

TEST_CASE("workers that die all the time are not replaced for ever", "[worker_fleet]") {
    worker_fleet fleet(1, [](message_channel&, std::size_t) {});
    for (std::size_t i = 0; i < worker_fleet::replacements_per_worker; ++i) {
        CHECK_THAT(fleet.reap(the_ready_one(fleet)), Catch::Matchers::EndsWith("exited with 0"));
        while (fleet.start_replacements().empty()) static_cast<void>(fleet.wait(limit));
    }
    fleet.reap(the_ready_one(fleet));
    const auto replace = [&] {
        while (fleet.start_replacements().empty()) static_cast<void>(fleet.wait(limit));
    };
    CHECK_THROWS_AS(replace(), setup_error);
}

TEST_CASE("a worker that dies is replaced at once, and one that replaced it and dies as well after a pause",
          "[worker_fleet]") {
    worker_fleet fleet(1, [](message_channel&, std::size_t) {});
    fleet.reap(the_ready_one(fleet));
    CHECK(fleet.start_replacements().size() == 1);
    const auto began = std::chrono::steady_clock::now();
    fleet.reap(the_ready_one(fleet));
    CHECK(fleet.start_replacements().empty());
    CHECK(fleet.wait(limit).empty());  // ends when the replacement is due
    CHECK(fleet.start_replacements().size() == 1);
    CHECK(std::chrono::steady_clock::now() - began >= worker_fleet::first_pause);
}

TEST_CASE("the dead of a fleet are replaced, each is told of once, and the living are left alone", "[worker_fleet]") {
    worker_fleet fleet(3, tell_pid_and_wait_for_the_end);
    std::array<pid_t, 3> pids{};
    for (std::size_t w = 0; w < 3; ++w) pids.at(w) = fleet.channel(w).receive<pid_t>().value();
    std::vector<std::string> told;
    const auto replace_dead = [&] { fleet.replace_dead([&](const std::string& how) { told.push_back(how); }); };
    replace_dead();
    CHECK(told.empty());
    ::kill(pids[2], SIGKILL);
    CHECK(the_ready_one(fleet) == 2);
    replace_dead();
    CHECK(told == std::vector{fmt::format("worker {} was killed by signal 9 (Killed)", pids[2])});
    CHECK(fleet.channel(2).receive<pid_t>().value() != pids[2]);
    CHECK(is_alive(pids[0]));
    CHECK(is_alive(pids[1]));
    replace_dead();
    CHECK(told.size() == 1);
}

TEST_CASE("an exception in a worker is one line of its own, and the worker exits with 1", "[worker_fleet]") {
    test_pipe pipe;
    const descriptor usual(::dup(STDERR_FILENO));
    ::dup2(pipe.in.get(), STDERR_FILENO);
    worker_fleet fleet(1, [](message_channel&, std::size_t) { throw std::runtime_error("two\nlines"); });
    ::dup2(usual.get(), STDERR_FILENO);
    pipe.in.reset();
    const auto said = fleet.reap(the_ready_one(fleet));
    CHECK_THAT(said, Catch::Matchers::EndsWith(" exited with 1"));
    CHECK(read_all(pipe.out.get()) == said.substr(0, said.find(" exited")) + ": two; lines\n");
}

TEST_CASE("a fleet that goes waits for workers that are about to end", "[worker_fleet]") {
    auto* finished = static_cast<std::atomic<int>*>(
        ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    REQUIRE(finished != MAP_FAILED);
    {
        worker_fleet fleet(3, [finished](message_channel& parent, std::size_t) {
            parent.receive<int>();
            ::poll(nullptr, 0, 50);  // its current work
            ++*finished;
        });
    }
    CHECK(*finished == 3);
    ::munmap(finished, sizeof(std::atomic<int>));
}

TEST_CASE("a fleet that goes kills workers that do not end within its patience", "[worker_fleet]") {
    pid_t deaf = 0;
    {
        worker_fleet fleet(
            1,
            [](message_channel& parent, std::size_t) {
                parent.send(::getpid());
                for (;;) ::pause();
            },
            20ms);
        deaf = fleet.channel(0).receive<pid_t>().value();
    }
    CHECK_FALSE(is_alive(deaf));
}

// --- child_process ---

TEST_CASE("a program that cannot be started is an error of set-up that names it", "[child_process]") {
    child_settings s;
    s.arguments = {"/does/not/exist"};
    CHECK_THROWS_AS(child_process::spawn(s), setup_error);
    CHECK_THROWS_WITH(child_process::spawn(s), "cannot start /does/not/exist: No such file or directory");
    auto nowhere = shell("true");
    nowhere.directory = "/does/not/exist";
    CHECK_THROWS_AS(child_process::spawn(nowhere), setup_error);
}

TEST_CASE("a child says how it ended", "[child_process]") {
    CHECK(child_process::spawn(shell("exit 0")).wait_for(limit).value().exited_with(0));
    CHECK(child_process::spawn(shell("exit 7")).wait_for(limit).value().describe() == "exited with 7");
    const auto killed = child_process::spawn(shell("kill -TERM $$")).wait_for(limit).value();
    CHECK(killed.describe() == "killed by signal 15 (Terminated)");
    CHECK_FALSE(killed.exited_with(0));
}

TEST_CASE("descriptors are placed as told, and all others are closed", "[child_process]") {
    std::vector<descriptor> inheritable;  // with numbers between and above the configured ones
    for (int i = 0; i < 10; ++i) inheritable.emplace_back(::open("/dev/null", O_RDONLY));
    const descriptor high(::fcntl(inheritable[0].get(), F_DUPFD, 300));
    auto ls = shell("");
    ls.arguments = {"/bin/ls", "/proc/self/fd"};
    ls.descriptors = {{5, inheritable[0].get()}, {7, high.get()}};
    CHECK(output_of(ls) == "0\n1\n2\n3\n5\n7\n");  // 3 is the directory that ls is reading
}

TEST_CASE("descriptors can change places", "[child_process]") {
    test_pipe a, b;
    auto both = shell("echo to-a >&8; echo to-b >&9");
    const descriptor eight(::fcntl(a.in.get(), F_DUPFD_CLOEXEC, 8)), nine(::fcntl(b.in.get(), F_DUPFD_CLOEXEC, 9));
    both.descriptors = {{8, nine.get()}, {9, eight.get()}};
    CHECK(child_process::spawn(both).wait_for(limit).value().exited_with(0));
    CHECK(read_some(a.out.get()) == "to-b\n");
    CHECK(read_some(b.out.get()) == "to-a\n");
}

TEST_CASE("a child reads nothing from our terminal", "[child_process]") {
    CHECK(output_of(shell("cat; echo done")) == "done\n");
}

TEST_CASE("a child gets the environment it is given and no other", "[child_process]") {
    auto env = shell("");
    env.arguments = {"/usr/bin/env"};
    env.environment = {"ONLY=this"};
    CHECK(output_of(env) == "ONLY=this\n");
    ::setenv("PGPASSWORD", "secret", 1);
    for (const auto& variable : clean_environment()) CHECK(variable.find("PGPASSWORD") == std::string::npos);
    ::unsetenv("PGPASSWORD");
}

TEST_CASE("a child dies with the thread that started it, by the signal chosen", "[child_process]") {
    std::optional<child_process> child;
    std::thread([&child] {
        auto settings = shell("exec sleep 100");
        settings.death_signal = SIGTERM;
        child.emplace(child_process::spawn(settings));
    }).join();
    CHECK(child->wait_for(limit).value().describe() == "killed by signal 15 (Terminated)");
}

TEST_CASE("root's child runs as the user it is given, for good", "[child_process]") {
    if (::getuid() != 0) SKIP("only root can become another user");
    auto id = shell("id -u; id -g; id -G; grep NoNewPrivs /proc/self/status");
    id.user = user_identity{"nobody", 65534, 65534};
    CHECK(output_of(id) == "65534\n65534\n65534\nNoNewPrivs:\t1\n");
}

TEST_CASE("a child that is asked to stop gets what it needs to do so: a word, SIGQUIT, SIGKILL", "[child_process]") {
    CHECK(ready_shell("echo ready; exec sleep 100").stop(SIGTERM, limit).describe() ==
          "killed by signal 15 (Terminated)");
    CHECK(ready_shell("trap '' TERM; echo ready; exec sleep 100").stop(SIGTERM, 20ms).describe() ==
          "killed by signal 3 (Quit)");
    CHECK(ready_shell("trap '' TERM QUIT; echo ready; exec sleep 100").stop(SIGTERM, 20ms).describe() ==
          "killed by signal 9 (Killed)");
}

TEST_CASE("a child that lives is waited for up to the limit, and its end is kept", "[child_process]") {
    auto child = ready_shell("echo ready; exec sleep 100");
    CHECK_FALSE(child.wait_for(1ms));
    child.signal(SIGKILL);
    CHECK(child.wait_for(limit).value().describe() == "killed by signal 9 (Killed)");
    CHECK(child.wait_for(0ms).value().describe() == "killed by signal 9 (Killed)");
}

TEST_CASE("a child does not outlive its object, nor stay as a zombie", "[child_process]") {
    pid_t pid = 0;
    {
        auto child = ready_shell("echo ready; exec sleep 100");
        const auto moved = std::move(child);
        pid = moved.pid();
        CHECK(is_alive(pid));
    }
    CHECK_FALSE(is_alive(pid));
}
