// Limits of the machine that are read from control groups, as files of a directory.
#include "system/box.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pipebench;

namespace {

namespace fs = std::filesystem;

/// A directory like /sys/fs/cgroup.
class control_groups {
public:
    control_groups() {
        std::string name = fs::temp_directory_path() / "cgroups-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        mounts_ = name;
    }
    control_groups(const control_groups&) = delete;
    control_groups& operator=(const control_groups&) = delete;
    ~control_groups() { fs::remove_all(mounts_); }

    void limit(const std::string& group, const std::string& most, const std::string& now) const {
        fs::create_directories(mounts_ / group);
        std::ofstream(mounts_ / group / "pids.max") << most << '\n';
        std::ofstream(mounts_ / group / "pids.current") << now << '\n';
    }
    [[nodiscard]] std::uint64_t left(std::string_view own_groups) const { return pids_left(mounts_, own_groups); }

private:
    fs::path mounts_;
};

}  // namespace

TEST_CASE("the smallest limit of processes of our control groups holds", "[box]") {
    const control_groups groups;
    groups.limit("outer", "100", "90");
    groups.limit("outer/inner", "1000", "10");
    groups.limit("outer/other", "5", "5");
    CHECK(groups.left("0::/outer/inner\n") == 10);
    CHECK(groups.left("0::/outer/free\n") == 10);
    CHECK(groups.left("0::/\n") == no_limit);
}

TEST_CASE("limits of processes are found in control groups of version 1, too", "[box]") {
    const control_groups groups;
    groups.limit("pids/box", "7", "9");  // lowered after they had started
    groups.limit("memory/box", "1", "0");
    CHECK(groups.left("9:memory:/box\n8:pids:/box\n") == 0);
    CHECK(groups.left("9:memory:/box\n8:pids:/elsewhere\n") == no_limit);
}

TEST_CASE("in a container the mount itself is its control group", "[box]") {
    const control_groups groups;
    groups.limit("pids", "50", "20");
    CHECK(groups.left("8:pids:/docker/4711\n") == 30);
}

TEST_CASE("a control group without a limit limits nothing", "[box]") {
    const control_groups groups;
    groups.limit("outer", "max", "90");
    CHECK(groups.left("0::/outer\n") == no_limit);
    CHECK(groups.left("") == no_limit);
    CHECK(groups.left("no groups") == no_limit);
}

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
