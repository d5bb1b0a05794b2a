// examples/observe and docs/observe.md: what can be checked without a Prometheus that runs. The rest is the part of
// scripts/check-observe.sh.
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>
#include <set>

using namespace pipebench;
using namespace pipebench::test;

namespace {

const std::filesystem::path source = PIPEBENCH_SOURCE_DIR;
const std::filesystem::path examples = source / "examples" / "observe";

std::set<std::string> names_in(const std::string& text, const std::string& expression) {
    const std::regex wanted(expression);
    std::set<std::string> out;
    for (std::sregex_iterator m(text.begin(), text.end(), wanted), end; m != end; ++m) out.insert((*m)[1]);
    return out;
}

}  // namespace

TEST_CASE(
    "promtool accepts configuration, rules and the queries of the dashboard, and each alert fires when it should",
    "[observe]") {
    if (run({{"sh", "-c", "command -v promtool"}, {}}).code != 0) SKIP("promtool is not installed (prometheus)");
    const auto end =
        run({{"/usr/bin/python3", "-B", source / "tests" / "observe" / "check_observe.py", "static"}, {}});
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(lines_of(end.err).size() == 5);
}

TEST_CASE("every alert has a test that it fires, and one that it does not", "[observe]") {
    const auto tests = read_file(examples / "alerts_test.yml");
    const auto alerts = names_in(read_file(examples / "alerts.yml"), "- alert: (\\w+)");
    REQUIRE(alerts.size() > 5);
    CHECK(names_in(tests, "alertname: (\\w+)\n +exp_alerts:") == alerts);
    CHECK(names_in(tests, "alertname: (\\w+) \\}") == alerts);
}

TEST_CASE("docs/observe.md has every metric of the dashboard and the rules, and of the source", "[observe]") {
    const auto listed = names_in(read_file(source / "docs" / "observe.md"), "\n\\| `(pipebench_\\w+)`");
    const auto of_source = names_in(read_file(source / "src" / "metrics" / "families.cpp"), "\"(pipebench_\\w+)\"");
    CHECK(listed == of_source);
    for (const char* file : {"dashboard.json", "alerts.yml", "recording.yml"})
        for (const auto& name : names_in(read_file(examples / file), "\\b(pipebench_\\w+)")) {
            const auto metric = std::regex_replace(name, std::regex("_bucket$"), "");
            INFO(file << ": " << metric);
            CHECK(listed.contains(metric));
        }
}
