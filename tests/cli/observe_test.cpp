// examples/observe and docs/observe.md: what can be checked without a Prometheus that runs. The rest is the part of
// scripts/check-observe.sh.
#include "support/saved.hpp"
#include "support/scraper.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>
#include <set>

using namespace pipebench;
using namespace pipebench::test;

namespace {

const std::filesystem::path source = PIPEBENCH_SOURCE_DIR;
const std::filesystem::path examples = source / "examples" / "observe";

void require_promtool() {
    if (run({{"sh", "-c", "command -v promtool"}, {}}).code != 0) SKIP("promtool is not installed (prometheus)");
}

std::set<std::string> names_in(const std::string& text, const std::string& expression) {
    const std::regex wanted(expression);
    std::set<std::string> out;
    for (std::sregex_iterator m(text.begin(), text.end(), wanted), end; m != end; ++m) out.insert((*m)[1]);
    return out;
}

}  // namespace

TEST_CASE("promtool accepts the configuration of Prometheus and the rules, and every alert fires when it should",
          "[observe]") {
    require_promtool();
    for (const std::vector<std::string>& check :
         {std::vector<std::string>{"check", "config", examples / "prometheus.yml"},
          {"check", "rules", examples / "recording.yml", examples / "alerts.yml"},
          {"test", "rules", examples / "alerts_test.yml"}}) {
        std::vector<std::string> all{"promtool"};
        all.insert(all.end(), check.begin(), check.end());
        const auto end = run({all, {}});
        CAPTURE(all, end.out, end.err);
        CHECK(end.code == 0);
    }
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

TEST_CASE("the dashboard is one that can be imported: no id, a data source that is asked for, no panel on another",
          "[observe]") {
    const auto dashboard = saved(examples / "dashboard.json");
    CHECK_FALSE(dashboard.contains("id"));
    CHECK(dashboard["uid"] == "pipebench");
    CHECK(dashboard["schemaVersion"].get<int>() >= 36);
    std::set<std::string> variables;
    for (const auto& v : dashboard["templating"]["list"]) variables.insert(v["name"]);
    CHECK(variables == std::set<std::string>{"DS_PROMETHEUS", "job", "pattern", "scenario"});
    std::set<std::pair<int, int>> taken;
    for (const auto& panel : dashboard["panels"]) {
        const auto& at = panel["gridPos"];
        CAPTURE(panel["title"].get<std::string>());
        for (int x = at["x"]; x < at["x"].get<int>() + at["w"].get<int>(); ++x)
            for (int y = at["y"]; y < at["y"].get<int>() + at["h"].get<int>(); ++y)
                REQUIRE(taken.emplace(x, y).second);
        CHECK(at["x"].get<int>() + at["w"].get<int>() <= 24);
        if (panel["type"] == "row") continue;
        CHECK(panel["datasource"]["uid"] == "${DS_PROMETHEUS}");
        CHECK_FALSE(panel["targets"].empty());
    }
}
