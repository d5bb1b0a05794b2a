// Control groups as the files that the kernel shows, made in a directory of the test.
// tests/cli/container_test.cpp uses real ones.
#include "system/control_groups.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pipebench;
using Catch::Approx;

namespace {

namespace fs = std::filesystem;

/// A directory like /sys/fs/cgroup.
class group_files {
public:
    group_files() {
        std::string name = fs::temp_directory_path() / "cgroups XXXXXX";  // the blank is \040 in mountinfo
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root_ = name;
    }
    group_files(const group_files&) = delete;
    group_files& operator=(const group_files&) = delete;
    ~group_files() { fs::remove_all(root_); }

    void write(const std::string& file, const std::string& text) const {
        fs::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text << '\n';
    }

    /// A line of mountinfo. `root`: what of the hierarchy is mounted.
    [[nodiscard]] std::string mounted(const std::string& at, const std::string& type, const std::string& options,
                                      const std::string& root = "/") const {
        std::string point = root_ / at;
        if (at.empty()) point = root_;
        point.replace(point.find(' '), 1, "\\040");
        return fmt::format("31 30 0:28 {} {} rw,relatime shared:9 - {} cgroup rw,{}\n", root, point, type, options);
    }
    [[nodiscard]] std::string version_2(const std::string& root = "/") const {
        return "22 1 0:20 / /proc rw - proc proc rw\n" + mounted("", "cgroup2", "nsdelegate", root);
    }

private:
    fs::path root_;
};

}  // namespace

TEST_CASE("the smallest limit of a group and of those that it is in holds", "[control_groups]") {
    const group_files files;
    files.write("outer/cpu.max", "150000 100000");
    files.write("outer/inner/cpu.max", "max 100000");
    files.write("outer/memory.max", "1000000000");
    files.write("outer/memory.current", "900000000");
    files.write("outer/inner/memory.max", "500000000");
    files.write("outer/inner/memory.current", "300000000");
    files.write("outer/inner/memory.stat", "anon 1\ninactive_file 250000000\nactive_file 7");
    files.write("outer/pids.max", "100");
    files.write("outer/pids.current", "90");
    files.write("outer/inner/pids.max", "1000");
    files.write("outer/inner/pids.current", "10");
    files.write("outer/other/pids.max", "5");
    const auto found = control_groups("0::/outer/inner\n", files.version_2()).limits();
    CHECK(found.cores == Approx(1.5));
    CHECK(found.memory_bytes == 500'000'000);
    CHECK(found.memory_left_bytes == 100'000'000);  // of the outer one; the inner one can drop file pages
    CHECK(found.processes == 100);
    CHECK(found.processes_left == 10);
    CHECK(control_groups("0::/outer/free\n", files.version_2()).limits().processes_left == 10);
    CHECK(control_groups("0::/\n", files.version_2()).limits().processes == no_limit);
}

TEST_CASE("version 1 has a hierarchy for each controller", "[control_groups]") {
    const group_files files;
    files.write("cpu,cpuacct/box/cpu.cfs_quota_us", "20000");
    files.write("cpu,cpuacct/box/cpu.cfs_period_us", "100000");
    files.write("cpu,cpuacct/cpu.cfs_quota_us", "-1");
    files.write("cpu,cpuacct/cpu.cfs_period_us", "100000");
    files.write("memory/box/memory.limit_in_bytes", "256000000");
    files.write("memory/box/memory.usage_in_bytes", "200000000");
    files.write("memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 50000000");
    files.write("memory/memory.limit_in_bytes", "9223372036854771712");  // none
    files.write("pids/box/pids.max", "7");
    files.write("pids/box/pids.current", "9");  // lowered after they had started
    const auto mounts = files.mounted("cpu,cpuacct", "cgroup", "cpu,cpuacct") +
                        files.mounted("memory", "cgroup", "memory") + files.mounted("pids", "cgroup", "pids") +
                        files.mounted("unified", "cgroup2", "");
    const auto found = control_groups("9:cpu,cpuacct:/box\n8:pids:/box\n4:memory:/box\n0::/\n", mounts).limits();
    CHECK(found.cores == Approx(0.2));
    CHECK(found.memory_bytes == 256'000'000);
    CHECK(found.memory_left_bytes == 106'000'000);
    CHECK(found.processes == 7);
    CHECK(found.processes_left == 0);
    const auto free = control_groups("9:cpu,cpuacct:/\n8:pids:/elsewhere\n4:memory:/\n0::/\n", mounts).limits();
    CHECK(std::isinf(free.cores));
    CHECK(free.memory_bytes == no_limit);
    CHECK(free.processes == no_limit);
}

TEST_CASE("a container sees its own group as the mount", "[control_groups]") {
    const group_files files;
    files.write("pids.max", "50");
    files.write("pids.current", "20");
    SECTION("whose path outside is known") {
        CHECK(control_groups("0::/docker/4711\n", files.version_2("/docker/4711")).limits().processes_left == 30);
    }
    SECTION("in a name space of its own") {
        CHECK(control_groups("0::/\n", files.version_2()).limits().processes_left == 30);
    }
    SECTION("and is in another one, outside of what is mounted") {
        CHECK(control_groups("0::/../other\n", files.version_2()).limits().processes_left == 30);
    }
}

TEST_CASE("what is not there, or not a number, limits nothing", "[control_groups]") {
    const group_files files;
    files.write("box/cpu.max", "max 100000");
    files.write("box/memory.max", "max");
    files.write("box/pids.max", "many");
    for (const auto* own : {"0::/box\n", "0::/gone\n", "", "no groups", ":::\n"}) {
        const auto found = control_groups(own, files.version_2()).limits();
        CHECK(std::isinf(found.cores));
        CHECK(found.memory_left_bytes == no_limit);
        CHECK(found.processes_left == no_limit);
    }
    CHECK(control_groups("0::/box\n", "").limits().processes == no_limit);
    CHECK(control_groups("0::/box\n", "31 30 - \n - cgroup2\n\n").limits().processes == no_limit);
    files.write("box/cpu.max", "20000 0");
    CHECK(std::isinf(control_groups("0::/box\n", files.version_2()).limits().cores));
}

TEST_CASE("throttled time is that of all groups above, in both units", "[control_groups]") {
    const group_files files;
    files.write("outer/cpu.stat", "usage_usec 7\nnr_throttled 2\nthrottled_usec 1500000");
    files.write("outer/inner/cpu.stat", "throttled_usec 250000");
    CHECK(control_groups("0::/outer/inner\n", files.version_2()).throttled_s() == Approx(1.75));
    files.write("cpu/box/cpu.stat", "nr_periods 3\nnr_throttled 2\nthrottled_time 2500000000");
    CHECK(control_groups("1:cpu:/box\n", files.mounted("cpu", "cgroup", "cpu")).throttled_s() == Approx(2.5));
    CHECK(control_groups("", "").throttled_s() == Approx(0));
}
