// A run that does not fit must be refused before it starts, with advice; one that fits must not be.
#include "session/capacity.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;

namespace {

const box_limits plenty;

std::optional<std::string> verdict_on(const box_limits& box, unsigned permits = 1000) {
    const needs as_many{permits, permits, permits, permits, 2, false};
    return does_not_fit("greedy", as_many, box);
}

}  // namespace

TEST_CASE("what the box has enough of fits", "[capacity]") { CHECK_FALSE(verdict_on(plenty)); }

TEST_CASE("descriptors are needed for every socket, and some besides", "[capacity]") {
    auto box = plenty;
    box.descriptors = 1000;
    const auto refusal = verdict_on(box);
    REQUIRE(refusal);
    CHECK_THAT(*refusal, ContainsSubstring("greedy: 1000 orders in flight") && ContainsSubstring("descriptors") &&
                             ContainsSubstring("this box has 1000") && ContainsSubstring("ulimit -n"));
    box.descriptors = 1064;
    CHECK_FALSE(verdict_on(box));
}

TEST_CASE("every order in flight needs a local port", "[capacity]") {
    auto box = plenty;
    box.ports = 999;
    CHECK_THAT(verdict_on(box).value(), ContainsSubstring("1000 local ports, this box has 999"));
    box.ports = 1000;
    CHECK_FALSE(verdict_on(box));
}

TEST_CASE("processes and threads are counted together, with those of the servers", "[capacity]") {
    auto box = plenty;
    box.threads = 3023;  // two threads in each of 1000 processes, 1000 connections, 24 of the servers
    CHECK_THAT(verdict_on(box).value(),
               ContainsSubstring("3024 processes and threads, servers included, this box has 3023") &&
                   ContainsSubstring("ulimit -u") && ContainsSubstring("pids.max"));
    box.threads = 3024;
    CHECK_FALSE(verdict_on(box));
}

TEST_CASE("the threads of one process need room in its address space", "[capacity]") {
    auto box = plenty;
    box.threads_per_process = 1;
    CHECK_THAT(verdict_on(box).value(),
               ContainsSubstring("2 threads in one process, this box has 1") && ContainsSubstring("ulimit -v"));
    box.threads_per_process = 2;
    CHECK_FALSE(verdict_on(box));
}

TEST_CASE("memory is needed for orders and for processes", "[capacity]") {
    auto box = plenty;
    box.memory_bytes = 3'000'000'000;  // 1000 processes take more, whatever the orders take
    CHECK_THAT(verdict_on(box).value(), ContainsSubstring("MB of memory, this box has 3000"));
    CHECK_FALSE(verdict_on(box, 10));
}

TEST_CASE("this box has some of everything", "[capacity]") {
    const auto box = limits_of_this_box();
    CHECK(box.descriptors > 0);
    CHECK(box.ports > 0);
    CHECK(box.threads > 0);
    CHECK(box.threads_per_process > 0);
    CHECK(box.memory_bytes > 1'000'000);
}

TEST_CASE("the servers must stand the most that any contestant needs of each resource", "[capacity]") {
    const auto most = largest_of({{.in_flight = 5, .database_connections = 20, .descriptors = 7, .redis = true},
                                  {.in_flight = 9, .database_connections = 8, .descriptors = 30, .processes = 4}});
    CHECK(most.in_flight == 9);
    CHECK(most.database_connections == 20);
    CHECK(most.descriptors == 30);
    CHECK(most.processes == 4);
    CHECK(most.redis);
    CHECK_FALSE(largest_of({}).redis);
}
