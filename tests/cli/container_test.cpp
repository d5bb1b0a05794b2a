// pipebench in control groups, which the test makes: a CPU quota, a limit of memory, one of processes, a set of cores.
// Needs root and a mounted hierarchy with the controller; tests/unit/system/control_groups_test.cpp needs neither.
#include "support/command.hpp"
#include "support/saved.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

namespace fs = std::filesystem;

const fs::path hierarchies = "/sys/fs/cgroup";

std::string text_in(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
}

/// A group of one controller, of version 1 or 2. Skips the test where it cannot be made.
class control_group {
public:
    explicit control_group(const std::string& controller) : version_1_(fs::exists(hierarchies / controller)) {
        if (::geteuid() != 0) SKIP("only root can make control groups");
        const bool version_2 = contains(text_in(hierarchies / "cgroup.subtree_control"), controller);
        if (!version_1_ && !version_2) SKIP("no hierarchy with the controller " + controller + " is mounted");
        path_ = (version_1_ ? hierarchies / controller : hierarchies) / fmt::format("pipebench-test-{}", ::getpid());
        if (::mkdir(path_.c_str(), 0755) != 0) SKIP("the control groups of this machine cannot be changed");
    }
    control_group(const control_group&) = delete;
    control_group& operator=(const control_group&) = delete;
    ~control_group() {
        // Empty once the kernel has taken leave of the last process.
        static_cast<void>(comes_true([this] { return ::rmdir(path_.c_str()) == 0; }));
    }

    [[nodiscard]] bool version_1() const noexcept { return version_1_; }
    void set(const std::string& file, const std::string& value) const {
        std::ofstream out(path_ / file);
        out << value << std::flush;
        INFO(file << " = " << value);
        REQUIRE(out.good());
    }
    /// Runs pipebench with these arguments, in one word, inside of it.
    [[nodiscard]] command_end run(const std::string& arguments) const {
        return test::run(
            {{"/bin/sh", "-c",
              fmt::format("echo $$ > {}/cgroup.procs && exec {} {}", path_.native(), PIPEBENCH_BINARY, arguments)},
             {}},
            std::chrono::minutes(2));
    }

private:
    bool version_1_;
    fs::path path_;
};

}  // namespace

TEST_CASE("a CPU quota is what the box has, and time in which it held the run back is shown", "[container]") {
    const control_group group("cpu");
    if (group.version_1()) group.set("cpu.cfs_quota_us", "20000");
    else group.set("cpu.max", "20000 100000");
    CHECK(contains(group.run("doctor").out, "at most 0.2 cores"));
    const auto end = group.run("run -p semaphore --profile capacity -n 300 -q --busy-limit 100% --export-json -");
    CAPTURE(end.out, end.err);
    const auto result = nlohmann::json::parse(end.out);
    CHECK(result["box"]["container"]["cores"] == 0.2);
    const auto& run = result["runs"][0];
    CHECK(run["throttled_share"] > 0.02);
    CHECK(contains(run["verdict"]["text"].get<std::string>(), "box full"));
    CHECK(contains(result["warnings"].dump(), "a CPU quota of its control group held it back"));
}

TEST_CASE("a limit of memory refuses what needs more, before anything starts", "[container]") {
    const control_group group("memory");
    group.set(group.version_1() ? "memory.limit_in_bytes" : "memory.max", "314572800");
    CHECK(contains(group.run("doctor").out, "at most 314 MB"));
    check_refusal(group.run("run -p process-pool -c 200 -q"), {"process-pool", "MB of memory", "lower -n or -c"});
}

TEST_CASE("a limit of processes refuses what needs more, threads included", "[container]") {
    const control_group group("pids");
    group.set("pids.max", "60");
    CHECK(contains(group.run("doctor").out, "at most 60 processes"));
    check_refusal(group.run("run -p thread-pool -c 100 -q"), {"thread-pool", "processes and threads", "pids.max"});
}

TEST_CASE("a set of cores is all that the box has", "[container]") {
    const control_group group("cpuset");
    group.set("cpuset.mems", "0");
    group.set("cpuset.cpus", "0");
    CHECK(contains(group.run("doctor").out, "cores          1 ("));
}
