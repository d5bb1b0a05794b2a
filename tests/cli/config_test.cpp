// Options from a file, names and tags of results, and what a result is asked later.
#include "support/saved.hpp"

#include "pipebench/result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

std::string file_with(const user& someone, const std::string& text) {
    const auto path = someone.file("c.toml");
    std::ofstream(path) << text;
    return path;
}

}  // namespace

TEST_CASE("a file gives options, and the command line goes first", "[config]") {
    const user someone;
    const auto config =
        file_with(someone, "# a comment\norders = 40\npattern = [\"semaphore\", \"thread-pool\"]\n"
                           "http-latency = \"5ms\"\ndb-latency = \"2ms\"\nbusy-limit = \"100%\"\nquiet = true\n"
                           "[run]\nconcurrency = 4\n[sweep]\nfind-limit = true\n");
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench({"--config", config, "--pattern", "semaphore", "--export-json", file});
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto r = parse_result(read_file(file));
    REQUIRE(r.runs.size() == 1);
    CHECK(r.runs[0].orders == 40);
    CHECK(r.runs[0].in_flight_limit == 4);
}

TEST_CASE("a file that is wrong is refused in one line, with its name", "[config][bad-input]") {
    const user someone;
    const auto [text, said] = GENERATE(table<std::string, std::string>({
        {"ordrs = 5\n", "'ordrs' is no option of run, did you mean 'orders'?"},
        {"[runn]\norders = 1\n", "'runn' is not a section, did you mean 'run'?"},
        {"[run]\nfrobnicate = 1\n", "'frobnicate' is no option of run"},
        {"quiet = \"perhaps\"\n", "quiet is true or false"},
        {"orders = \"many\"\n", "--orders"},
        {"config = \"other.toml\"\n", "'config' is no option of run"},
    }));
    const auto end = someone.run_pipebench({"--config", file_with(someone, text)});
    CAPTURE(text, end.err);
    CHECK(end.code == 2);
    CHECK(lines_of(end.err).size() == 1);
    CHECK(contains(end.err, said));
}

TEST_CASE("a file that is not there, or that is not named, is refused", "[config][bad-input]") {
    const user someone;
    CHECK(
        contains(someone.run_pipebench({"--config", "/nonexistent"}).err, "--config: /nonexistent: cannot read it"));
    CHECK(contains(someone.run_pipebench({"--config"}).err, "--config: needs a FILE"));
    CHECK(contains(someone.run_pipebench({"--config=a", "--config=b"}).err, "--config: give it once"));
}

TEST_CASE("the options that are printed as a file mean the same, and hold no address", "[config]") {
    const user someone;
    const auto end =
        someone.run_pipebench({"run", "-p", "semaphore,thread-pool", "-n", "2k", "--http-latency=20ms", "--tag",
                               "a=b c", "--redis", "redis://:secret@nowhere", "--no-watch", "--print-config"});
    CHECK(end.code == 0);
    CHECK_FALSE(contains(end.out, "secret"));
    CHECK(contains(end.out, "orders = \"2k\""));
    CHECK(contains(end.out, "no-watch = true"));
    const auto again = someone.run_pipebench({"run", "--config", file_with(someone, end.out), "--print-config"});
    CHECK(again.code == 0);
    for (const auto& line : lines_of(end.out))
        if (!contains(line, "redis")) CHECK(contains(again.out, line));
}

TEST_CASE("a name and tags are in the result and in its reports", "[config][report]") {
    const user someone;
    const auto file = someone.file("r.json");
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore", "--name", "first try", "--tag", "branch=main", "--tag",
                                         "disk=nvme=fast", "--busy-limit", "100%", "--export-json", file}));
    CHECK(end.code == 0);
    const auto r = parse_result(read_file(file));
    CHECK(r.name == "first try");
    CHECK(r.tags == std::vector<result_tag>{{"branch", "main"}, {"disk", "nvme=fast"}});
    CHECK(end.out.starts_with("first try: 1 run"));
    CHECK(contains(end.out, "branch=main, disk=nvme=fast"));
    for (const auto* format : {"markdown", "csv"})
        CHECK(contains(someone.run_pipebench({"report", file, "--format", format}).out, "branch=main"));
    for (const auto& [tag, said] : {std::pair("novalue", "KEY=VALUE"), std::pair("=x", "KEY=VALUE")})
        CHECK(contains(someone.run_pipebench({"--tag", tag}).err, said));
    CHECK(contains(someone.run_pipebench({"--tag", "a=1", "--tag", "a=2"}).err, "given twice"));
}

TEST_CASE("a saved result is asked for any percentile, and its distributions are written for other tools",
          "[config][report]") {
    const user someone;
    const auto file = someone.file("r.json"), directory = someone.file("hgrm");
    CHECK(someone
              .run_pipebench(quick_and({"-p", "semaphore,thread-pool", "--busy-limit", "100%", "--export-json", file,
                                        "--export-hgrm", directory}))
              .code == 0);
    const auto asked = someone.run_pipebench({"report", file, "--percentile", "50,99.95"});
    CHECK(asked.code == 0);
    CHECK(contains(asked.out, "p99.95"));
    CHECK(lines_of(asked.out).size() == 5);
    for (const char* wrong : {"0", "101", "x"})
        CHECK(someone.run_pipebench({"report", file, "--percentile", wrong}).code == 2);
    const auto text = read_file(std::filesystem::path(directory) / "semaphore.service.hgrm");
    CHECK(contains(text, "Percentile TotalCount 1/(1-Percentile)"));
    CHECK(contains(text, "1.000000000000"));
    CHECK(contains(text, "Total count    =           40]"));
    CHECK(contains(someone.run_pipebench({"report", file, "--export-hgrm", "/proc/none"}).err, "--export-hgrm"));
}

TEST_CASE("the version is one line, or JSON with the libraries", "[config]") {
    const user someone;
    CHECK(someone.run_pipebench({"version"}).out == someone.run_pipebench({"--version"}).out);
    const auto all = nlohmann::json::parse(someone.run_pipebench({"version", "--json"}).out);
    CHECK(all["version"] == PIPEBENCH_VERSION);
    for (const char* library : {"boost", "libpqxx", "libpq", "hiredis", "openssl", "fmt", "nlohmann_json", "cli11"})
        CHECK_FALSE(all["libraries"][library].get<std::string>().empty());
    CHECK_FALSE(all["commit"].get<std::string>().empty());
}
