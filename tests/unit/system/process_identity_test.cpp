// Whether a process that has left something behind still runs. A wrong "gone" would delete what another one uses.
#include "system/process_identity.hpp"

#include "system/output_pipe.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace pipebench;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a process is here while it runs, and gone afterwards", "[identity]") {
    CHECK(find_process(own_identity()) == whereabouts::here);
    const auto told = make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto mine = own_identity();
        const auto written = ::write(told.write_end.get(), mine.data(), mine.size());
        ::pause();
        ::_exit(written > 0 ? 0 : 1);
    }
    std::string identity(200, '\0');
    const auto length = ::read(told.read_end.get(), identity.data(), identity.size());
    REQUIRE(length > 0);
    identity.resize(static_cast<std::size_t>(length));
    CHECK(find_process(identity) == whereabouts::here);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(find_process(identity) == whereabouts::gone);
}

TEST_CASE("a process whose number was used again is gone", "[identity]") {
    auto before = own_identity();
    before.resize(before.find(" start "));
    CHECK(find_process(before + " start 1") == whereabouts::gone);
}

TEST_CASE("of a process of another boot, container or machine nothing is known", "[identity]") {
    const auto mine = own_identity();
    CHECK(find_process(replaced(mine, " boot ", " boot 0")) == whereabouts::elsewhere);
    CHECK(find_process(replaced(mine, " pids ", " pids 1")) == whereabouts::elsewhere);
    for (const char* other : {"", "pid 1 start 1", " boot  pids  pid 1 start 1"}) {
        CAPTURE(other);
        CHECK(find_process(other) == whereabouts::elsewhere);
    }
}
