// Where the kernel does not list children, reading every process must find the same tree.
#include "system/process_tree.hpp"

#include "support/sleeper.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <vector>

using namespace pipebench;
using pipebench::test::sleeper;

TEST_CASE("the children of a process are found among all processes as the kernel lists them", "[process_tree]") {
    const sleeper one, two;
    std::vector<pid_t> listed, found;
    for_each_child(::getpid(), forks_from::any_thread, [&](pid_t child) { listed.push_back(child); });
    const auto all = all_children();
    const auto [begin, end] = all.equal_range(::getpid());
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
    std::sort(listed.begin(), listed.end());
    std::sort(found.begin(), found.end());
    CHECK(found == listed);
    CHECK(std::count(found.begin(), found.end(), one.pid()) == 1);
    CHECK(std::count(found.begin(), found.end(), two.pid()) == 1);
}

TEST_CASE("the CPU time of a process that has ended is not known", "[process_tree]") {
    pid_t gone = 0;
    {
        const sleeper one;
        gone = one.pid();
        CHECK(tree_cpu_seconds(gone) >= 0);
    }
    CHECK(std::isnan(tree_cpu_seconds(gone)));
}

TEST_CASE("the threads of a user are counted with those of this process", "[process_tree]") {
    const auto before = threads_of_user(::geteuid());
    CHECK(before >= 1);
    const sleeper one;
    CHECK(threads_of_user(::geteuid()) >= 2);
    CHECK(threads_of_user(static_cast<uid_t>(-2)) == 0);
}
