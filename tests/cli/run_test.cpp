// What a user gets who runs pipebench: the table, the exports, the servers of their own.
#include "pipebench/pattern.hpp"
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// The rows of the first table: those that begin with a pattern's name.
std::vector<std::string> first_table(const std::string& text) {
    std::vector<std::string> out;
    for (const auto& line : lines_of(text.substr(0, text.find("Floor:"))))
        for (const pattern& p : patterns())
            if (line.starts_with(std::string(p.id) + ' ')) out.push_back(line);
    return out;
}

}  // namespace

TEST_CASE("a plain run measures every pattern, and says so on stdout alone", "[run]") {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-q"}));
    CAPTURE(end.out);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto rows = first_table(end.out);
    REQUIRE(rows.size() == patterns().size());
    for (const auto& row : rows) CHECK(contains(row, "  ok"));
    CHECK(contains(end.out, fmt::format("balanced: {} rows accounted for", 40 * patterns().size())));
    CHECK_FALSE(contains(end.out, "\033"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("libpq's variables, which are meant for another server, do not reach the throwaway one", "[run]") {
    const user someone;
    auto command = someone.pipebench(quick_and({"-q", "-p", "semaphore,thread-pool"}));
    command.environment.insert({{"PGHOST", "nowhere.invalid"},
                                {"PGPORT", "1"},
                                {"PGDATA", "/nonexistent"},
                                {"PGSERVICE", "no-such-service"},
                                {"PGPASSWORD", "sekrit"},
                                {"PGOPTIONS", "--no-such-option"}});
    const auto end = run(command);
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(first_table(end.out).size() == 2);
}

TEST_CASE("'run' is the default command, and patterns are measured as they are named", "[run]") {
    const user someone;
    const auto spelt_out = someone.run_pipebench({"run", "-n", "5", "-p", "thread-pool,semaphore", "-c", "5"});
    CHECK(spelt_out.code == 0);
    const auto rows = first_table(spelt_out.out);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].starts_with("thread-pool"));
    CHECK(rows[1].starts_with("semaphore"));
}

TEST_CASE("progress goes to stderr in plain lines where there is no terminal", "[run]") {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore"}));
    CHECK(contains(end.err, "semaphore: started"));
    CHECK_FALSE(contains(end.err, "\r"));
    CHECK_FALSE(contains(end.err, "\033"));
    CHECK_FALSE(contains(end.out, "started, floor"));
}

TEST_CASE("every number of a row is one that was measured", "[run]") {
    const user someone;
    const auto path = someone.file("r.json");
    REQUIRE(someone.run_pipebench(quick_and({"-q", "--export-json", path})).code == 0);
    const auto result = saved(path);
    REQUIRE(result["runs"].size() == patterns().size());
    for (const auto& run : result["runs"]) {
        CAPTURE(run.dump(1));
        CHECK(run["stored"] == 40);
        CHECK(run["time_s"].get<double>() >= run["floor_s"].get<double>());
        CHECK(run["memory"]["peak_rss_bytes"].get<double>() > 1e6);  // no program is smaller, however short its run
        CHECK(run["memory"]["peak_pss_bytes"].get<double>() > 0);
        CHECK(run["memory"]["hwm_sum_bytes"] >= run["memory"]["peak_rss_bytes"]);
        CHECK(run["api"]["requests"] == 40);
        CHECK(run["ledger"]["rows"] == 40);
        CHECK(run["ledger"]["content_checked"] == true);
    }
}

TEST_CASE("a saved result is valid by its schema", "[run][export]") {
    if (run({{"/usr/bin/python3", "-c", "import jsonschema"}, {}}).code != 0)
        SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const user someone;
    const auto path = someone.file("r.json");
    REQUIRE(someone.run_pipebench(quick_and({"-q", "--export-json", path})).code == 0);
    const auto check = run({{"/usr/bin/python3", "-W", "ignore", "-m", "jsonschema", "-i", path,
                             PIPEBENCH_SOURCE_DIR "/docs/result.schema.json"},
                            {}});
    CHECK(check.err.empty());
    CHECK(check.code == 0);
}

TEST_CASE("a saved result is rendered again alike to the byte", "[run][export]") {
    const user someone;
    const auto json_file = someone.file("r.json"), csv = someone.file("r.csv"), markdown = someone.file("r.md");
    const auto first = someone.run_pipebench(
        quick_and({"--export-json", json_file, "--export-csv", csv, "--export-markdown", markdown}));
    REQUIRE(first.code == 0);
    const auto again = [&](const std::string& format) {
        const auto end = someone.run_pipebench({"report", json_file, "--format", format});
        CHECK(end.code == 0);
        CHECK(end.err.empty());
        return end.out;
    };
    CHECK(again("text") == first.out);
    CHECK(again("json") == read_file(json_file));
    CHECK(again("csv") == read_file(csv));
    CHECK(again("markdown") == read_file(markdown));
}

TEST_CASE("an export to - takes the place of the table on stdout", "[run][export]") {
    const user someone;
    const auto file = someone.file("r.json");
    const std::string format = GENERATE("csv", "markdown");
    const auto end =
        someone.run_pipebench(quick_and({"-p", "fan-out", "--export-" + format, "-", "--export-json", file}));
    CHECK(end.code == 0);
    CHECK(end.out == someone.run_pipebench({"report", file, "--format", format}).out);
}

TEST_CASE("JSON on stdout is one document and nothing else", "[run][export]") {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "fan-out", "--export-json", "-"}));
    CHECK(end.code == 0);
    CHECK(json::parse(end.out)["schema"] == "pipebench.result/1");
}

TEST_CASE("an export replaces the file that was there, and leaves nothing beside it", "[run][export]") {
    const user someone;
    const auto directory = std::filesystem::path(someone.file("exports"));
    std::filesystem::create_directory(directory);
    for (int run = 0; run < 2; ++run)
        CHECK(someone.run_pipebench(quick_and({"-p", "fan-out", "--export-csv", directory / "r.csv"})).code == 0);
    CHECK(lines_of(read_file(directory / "r.csv")).size() == 2);
    CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);
}

TEST_CASE("the same seed gives the same rows, another seed others, and both are checked", "[run]") {
    const user someone;
    const std::string seed = GENERATE("7", "8");
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore", "--seed", seed}));
    CHECK(end.code == 0);
    CHECK(contains(end.out, "0 corrupt"));
    CHECK(contains(end.out, "seed " + seed));
}

TEST_CASE("colours are used when asked for, and never where they are not", "[run]") {
    const user someone;
    const auto file = someone.file("r.json");
    REQUIRE(someone.run_pipebench(quick_and({"-p", "fan-out", "--export-json", file})).code == 0);
    const auto coloured = someone.run_pipebench({"report", file, "--color", "always"}).out;
    CHECK(contains(coloured, "\033["));
    CHECK_FALSE(contains(someone.run_pipebench({"report", file}).out, "\033["));
    CHECK_FALSE(contains(someone.run_pipebench({"report", file, "--color", "never"}).out, "\033["));
}
