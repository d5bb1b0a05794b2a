// Kernels and containers that do not tell everything: a figure that cannot be read is not known, and never 0.
#include "support/trouble.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace pipebench::test;

namespace {

command on_kernel_without(const user& someone, const std::string& files, const std::vector<std::string>& more) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("a sanitizer wants to be the first library");
#endif
    auto c = someone.pipebench(arguments_for({.orders = 300, .in_flight = 5}, more));
    c.environment["LD_PRELOAD"] = HIDDEN_PROC_LIBRARY;
    c.environment["HIDDEN_PROC"] = files;
    return c;
}

}  // namespace

TEST_CASE("the processes of a run are found on a kernel that does not list children", "[proc]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = run(on_kernel_without(someone, "/children", {"-p", "process-pool", "--export-json", file}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    const auto result = parse_result(read_file(file));
    const auto& run = result.runs.at(0);
    CHECK(run.memory.processes == 6);
    CHECK(run.memory.peak_rss_bytes.value() > 6'000'000);
}

TEST_CASE("memory that cannot be read is shown as unknown, and holds no assertion", "[proc]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto csv = someone.file("r.csv");
    const auto end = run(on_kernel_without(someone, "/smaps_rollup",
                                           {"-p", "semaphore,thread-pool", "--export-json", file, "--export-csv", csv,
                                            "--assert", "all.pss_mb < 1000000"}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 1);
    CHECK(contains(end.out, "semaphore.pss_mb has no value"));
    CHECK(contains(end.out, "Smallest    not known"));
    const auto result = parse_result(read_file(file));
    for (const auto& run : result.runs) {
        CHECK_FALSE(run.memory.peak_pss_bytes);
        CHECK(run.memory.pss_samples == 0);
        CHECK(run.memory.peak_rss_bytes.value() > 1'000'000);
        for (const auto& s : run.services) CHECK_FALSE(s.peak_pss_bytes);
    }
    CHECK(contains(read_file(file), "\"peak_pss_bytes\": null"));
}

TEST_CASE("the memory of servers that may not be traced is not known", "[proc]") {
    if (::geteuid() != 0 || run({{"which", "setpriv"}, {}}).code != 0) SKIP("only root can give up a right");
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = run(behind({"setpriv", "--bounding-set=-sys_ptrace,-perfmon,-sys_admin"},
                                someone.pipebench(arguments_for({.orders = 600, .in_flight = 5},
                                                                {"-p", "semaphore", "--export-json", file}))));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    const auto result = parse_result(read_file(file));
    const auto& run = result.runs.at(0);
    CHECK(run.memory.peak_pss_bytes.value() > 1'000'000);
    for (const auto& s : run.services) CHECK(s.peak_pss_bytes.has_value() == (s.name == service::mock_api));
}
