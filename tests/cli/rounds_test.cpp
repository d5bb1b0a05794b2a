// Rounds, as a user runs them: every run is saved at once, and the file is complete however the session ends.
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

std::vector<std::string> two_patterns(const std::vector<std::string>& more) {
    auto out = quick_and({"-p", "semaphore,thread-pool"});
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// Waits for a saved result with so many runs. Checks that every version of the file is complete.
bool has_saved(const std::string& path, std::size_t runs) {
    return comes_true([&] {
        if (!std::filesystem::exists(path)) return false;
        const auto text = read_file(path);
        REQUIRE(json::accept(text));
        return json::parse(text)["runs"].size() >= runs;
    });
}

}  // namespace

TEST_CASE("the table has a spread where there is one, and one row a pattern", "[rounds]") {
    const user someone;
    const auto several = someone.run_pipebench(two_patterns({"-q", "--repeat", "2"}));
    CHECK(several.code == 0);
    CHECK(contains(several.out, "±"));
    CHECK(contains(several.out, "nothing: 160 orders stored, each in one row"));
    const auto one = someone.run_pipebench(two_patterns({"-q"}));
    CHECK(one.code == 0);
    CHECK_FALSE(contains(one.out, "±"));
    CHECK(contains(one.out, "--repeat 8"));
}

TEST_CASE("progress says which round it is", "[rounds]") {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "fan-out", "--repeat", "2", "--warmup", "1"}));
    CAPTURE(end.err);
    for (const auto* place : {"warm-up 1/1, fan-out: ", "round 1/2, fan-out: ", "round 2/2, fan-out: "})
        CHECK(contains(end.err, place));
}

TEST_CASE("pipebench killed outright in a later round loses one run at the most", "[rounds][signal]") {
    const user someone;
    const auto path = someone.file("r.json");
    running_command under_way(someone.pipebench(two_patterns({"--repeat", "1000", "--export-json", path})));
    REQUIRE(has_saved(path, 3));
    under_way.signal(SIGKILL);
    CHECK(under_way.wait().signal == SIGKILL);
    const auto result = saved(path);
    CHECK(result["interrupted"] == true);
    CHECK(result["rounds"] == 1000);
    CHECK(result["runs"].size() >= 3);
    for (const auto& run : result["runs"]) {
        CHECK(run["stored"] == 40);
        CHECK(run["interrupted"] == false);
        CHECK(run["verdict"]["trusted"] == true);
    }
    const auto report = someone.run_pipebench({"report", path});
    CHECK(report.code == 0);
    CHECK(contains(report.out, "INTERRUPTED"));
    CHECK(comes_true([&] { return someone.processes().empty(); }));
}

TEST_CASE("Ctrl-C in a later round keeps all runs, and says what is missing", "[rounds][signal]") {
    const user someone;
    const auto path = someone.file("r.json");
    running_command under_way(
        someone.pipebench(two_patterns({"--repeat", "1000", "--assert", "all.lost == 0", "--export-json", path})));
    REQUIRE(has_saved(path, 3));
    under_way.signal(SIGINT);
    const auto end = under_way.wait();
    CHECK(end.code == 130);
    CHECK(contains(end.out, "INTERRUPTED"));
    const auto result = saved(path);
    CHECK(result["interrupted"] == true);
    CHECK(result["runs"].size() >= 3);
    CHECK(result["assertions"].empty());  // a partial result is not asserted
    for (std::size_t i = 0; i + 1 < result["runs"].size(); ++i) CHECK(result["runs"][i]["interrupted"] == false);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("what goes to stdout or into a pipe is written once, in the end", "[rounds][export]") {
    const user someone;
    const auto document = someone.run_pipebench(two_patterns({"--repeat", "2", "--export-json", "-"}));
    CHECK(document.code == 0);
    REQUIRE(json::accept(document.out));
    CHECK(json::parse(document.out)["runs"].size() == 4);
    const auto pipe = someone.file("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    running_command reader({{"cat", pipe}, {}});
    CHECK(someone.run_pipebench(two_patterns({"-q", "--repeat", "2", "--export-csv", pipe})).code == 0);
    CHECK(lines_of(reader.wait().out).size() == 5);
}

TEST_CASE("a limit for a busy box is a share", "[rounds][busy]") {
    const user someone;
    for (const std::string good : {"0%", "20%", "0.5", "100%", "1"}) {
        CAPTURE(good);
        const auto end = someone.run_pipebench({"-q", "-n", "5", "-p", "fan-out", "--busy-limit", good});
        CHECK(end.err.empty());
        CHECK((end.code == 0 || end.code == 3));  // 3: the box was busier than that
    }
    for (const std::string bad : {"", "-1%", "101%", "1.01", "many", "nan", "20 %", "inf"}) {
        CAPTURE(bad);
        const auto end = someone.run_pipebench({"-n", "5", "--busy-limit", bad});
        CHECK(end.code == 2);
        CHECK(end.out.empty());
        REQUIRE(lines_of(end.err).size() == 1);
        CHECK(contains(end.err, "--busy-limit"));
    }
    CHECK(someone.left_behind().empty());
}
