// Limits of the machine that bind this process.
#include "system/box.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

using namespace pipebench;

TEST_CASE("the address space of a process limits its threads", "[box]") {
    CHECK(threads_per_process() > 1'000);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit little{1u << 30, 1u << 30};
        const bool is_set = ::setrlimit(RLIMIT_AS, &little) == 0;
        const auto threads = threads_per_process();
        ::_exit(is_set && threads > 0 && threads < 200 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}
