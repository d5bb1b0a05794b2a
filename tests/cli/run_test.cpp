// A plain run as a user sees it: the table, the exports, servers of the user.
#include "pipebench/pattern.hpp"
#include "support/finished_session.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// The rows of the first table, which begin with a pattern's name.
std::vector<std::string> first_table(const std::string& text) {
    std::vector<std::string> out;
    for (const auto& line : lines_of(text.substr(0, text.find("Floor:"))))
        for (const pattern& p : patterns())
            if (line.starts_with(std::string(p.id) + ' ')) out.push_back(line);
    return out;
}

/// Forty orders by each of the patterns.
const finished_session& plain_run() {
    static const finished_session session(quick_and({"-q"}));
    return session;
}

/// Arguments for tests that need one pattern and no server.
std::vector<std::string> fan_out_and(const std::vector<std::string>& more) {
    auto out = quick_and({"-p", "fan-out", "--postgres", postgres()});
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

}  // namespace

TEST_CASE("a plain run measures every pattern, and says so on stdout alone", "[run]") {
    const auto& end = plain_run().end;
    CAPTURE(end.out);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto rows = first_table(end.out);
    REQUIRE(rows.size() == patterns().size());
    for (const auto& row : rows) CHECK_FALSE(row.starts_with("!"));
    CHECK(contains(end.out, fmt::format("nothing: {} orders stored, each in one row", 40 * patterns().size())));
    CHECK_FALSE(contains(end.out, "\033"));
    CHECK(plain_run().left_behind().empty());
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
    const auto result = plain_run().result();
    REQUIRE(result["runs"].size() == patterns().size());
    for (const auto& run : result["runs"]) {
        CAPTURE(run.dump(1));
        CHECK(run["stored"] == 40);
        CHECK(run["time_s"].get<double>() >= run["floor_s"].get<double>());
        CHECK(run["memory"]["peak_rss_bytes"].get<double>() > 1e6);  // no program is smaller, however short its run
        const auto& pss = run["memory"]["peak_pss_bytes"];           // not known if it was not read near the peak
        CHECK((pss.is_null() || pss.get<double>() > 0));
        CHECK(run["memory"]["hwm_sum_bytes"] >= run["memory"]["peak_rss_bytes"]);
        CHECK(run["api"]["requests"] == 40);
        CHECK(run["ledger"]["rows"] == 40);
        CHECK(run["ledger"]["content_checked"] == true);
    }
}

TEST_CASE("a saved result is valid by its schema", "[run][export]") {
    check_valid_by_schema(plain_run().saved_as("json"));
}

TEST_CASE("a saved result is rendered again alike to the byte", "[run][export]") {
    check_rendered_again(plain_run());
}

TEST_CASE("an export to - takes the place of the table on stdout", "[run][export]") {
    const user someone;
    const auto file = someone.file("r.json");
    const std::string format = GENERATE("csv", "markdown", "html");
    const auto end = someone.run_pipebench(fan_out_and({"--export-" + format, "-", "--export-json", file}));
    CHECK(end.code == 0);
    CHECK(end.out == someone.run_pipebench({"report", file, "--format", format}).out);
}

TEST_CASE("a saved result is exported again beside the report", "[run][export]") {
    const user someone;
    const auto file = someone.file("r.json"), page = someone.file("r.html");
    REQUIRE(someone.run_pipebench(fan_out_and({"--export-json", file})).code == 0);
    const auto end = someone.run_pipebench({"report", file, "--export-html", page});
    CHECK(end.code == 0);
    CHECK(contains(end.out, "fan-out"));
    CHECK(read_file(page) == someone.run_pipebench({"report", file, "--format", "html"}).out);
}

TEST_CASE("JSON on stdout is one document and nothing else", "[run][export]") {
    const user someone;
    const auto end = someone.run_pipebench(fan_out_and({"--export-json", "-"}));
    CHECK(end.code == 0);
    CHECK(json::parse(end.out)["schema"] == "pipebench.result/1");
}

TEST_CASE("an export replaces the file that was there, and leaves nothing beside it", "[run][export]") {
    const user someone;
    const auto directory = std::filesystem::path(someone.file("exports"));
    std::filesystem::create_directory(directory);
    for (int run = 0; run < 2; ++run)
        CHECK(someone.run_pipebench(fan_out_and({"--export-csv", directory / "r.csv"})).code == 0);
    CHECK(lines_of(read_file(directory / "r.csv")).size() == 2);
    CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);
}

TEST_CASE("the same seed gives the same rows, another seed others, and both are checked", "[run]") {
    const user someone;
    const std::string seed = GENERATE("7", "8");
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore", "--postgres", postgres(), "--seed", seed, "--details"}));
    CHECK(end.code == 0);
    CHECK(contains(end.out, "0 corrupt"));
    CHECK(contains(end.out, "seed " + seed));
}

TEST_CASE("colours are used when asked for, and never where they are not", "[run]") {
    CHECK(contains(plain_run().report({"--color", "always"}).out, "\033["));
    CHECK_FALSE(contains(plain_run().report({}).out, "\033["));
    CHECK_FALSE(contains(plain_run().report({"--color", "never"}).out, "\033["));
}
