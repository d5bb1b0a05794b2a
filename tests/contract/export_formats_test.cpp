// Checks every export with an independent program, against the definition of its consumer: JSON Schema by Python's
// jsonschema, CSV by Python's csv, markdown by GitHub's cmark. (The JSON of a result: reporter_contract_test.cpp.)
#include "analysis/metrics.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"
#include "support/command.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <set>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using nlohmann::json;

namespace {

struct named_session {
    const char* name;
    session_result result;
};

/// The sample, and two more rounds in which the first pattern is 10 and 30 % slower.
session_result three_rounds() {
    session_result s = test::sample_session();
    s.rounds = 3;
    const auto first = s.runs;
    for (const double factor : {1.1, 1.3}) {
        for (auto run : first) {
            run.round = factor < 1.2 ? 2 : 3;
            if (run.pattern == "fan-out") run.time_s *= factor;
            s.runs.push_back(run);
        }
    }
    return s;
}

session_result trusted_and_hostile() {
    session_result s = test::hostile_session();
    for (auto& run : s.runs) run.verdict = {verdict_kind::ok, "ok"};
    s.box.cpu_model = s.warnings.at(0);
    return s;
}

session_result no_order_ended() {
    session_result s = test::sample_session();
    s.runs.resize(1);
    s.runs[0].orders = s.runs[0].stored = 0;
    s.runs[0].cpu_per_order_us = std::numeric_limits<double>::quiet_NaN();
    s.runs[0].orders_per_s = std::numeric_limits<double>::infinity();
    return s;
}

std::vector<named_session> sessions() {
    return {{"empty", {}},
            {"full", test::sample_session()},
            {"three rounds", three_rounds()},
            {"interrupted", test::troubled_session()},
            {"hostile", test::hostile_session()},
            {"trusted and hostile", trusted_and_hostile()},
            {"no order ended", no_order_ended()}};
}

std::string render(std::string_view format, const session_result& r) {
    const reporter* found = find_reporter(format);
    REQUIRE(found != nullptr);
    return found->render(model_of(r), colours::off);
}

/// Returns the output of Debian's Python, since the one in PATH may lack the modules.
std::string python(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/python3", "-c", program});
    const auto end = test::run({arguments, {}});
    INFO(end.err);
    REQUIRE(end.code == 0);
    return end.out;
}

bool can_run(std::vector<std::string> arguments) {
    try {
        return test::run({std::move(arguments), {}}).code == 0;
    } catch (const std::exception&) {
        return false;  // no such program
    }
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

constexpr const char* check_by_schema = R"(
import json, sys, jsonschema
def refuse(constant): raise ValueError(constant)
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
valid = jsonschema.Draft202012Validator(schema).is_valid
for path in sys.argv[2:]:
    print(int(valid(json.load(open(path, encoding="utf-8"), parse_constant=refuse))), end="")
)";

/// '1' for each document that is valid by tests/support/schemas/<name>.schema.json.
std::string valid_by(const std::string& name, const std::vector<std::string>& documents) {
    const test::private_directory where;
    std::vector<std::string> arguments{PIPEBENCH_SOURCE_DIR "/tests/support/schemas/" + name + ".schema.json"};
    for (const auto& d : documents) {
        arguments.push_back(where / std::to_string(arguments.size()));
        write(arguments.back(), d);
    }
    return python(check_by_schema, arguments);
}

bool has_validator() {
    return can_run({"/usr/bin/python3", "-W", "ignore", "-c", "import jsonschema; jsonschema.Draft202012Validator"});
}
constexpr const char* no_validator = "/usr/bin/python3 has no jsonschema >= 4 (Debian: python3-jsonschema)";

constexpr const char* github = "github-action-benchmark";
constexpr const char* bmf = "bencher-bmf";

struct export_format {
    const char* id;
    const char* schema;
};
constexpr std::array exports{export_format{"github-smaller", github}, export_format{"github-bigger", github},
                             export_format{"bencher", bmf}};

const json* find_entry(const json& entries, const std::string& name) {
    const auto at = std::find_if(entries.begin(), entries.end(), [&](const json& e) { return e["name"] == name; });
    return at == entries.end() ? nullptr : &*at;
}

json entry(const char* format, const session_result& r, const std::string& name) {
    const auto entries = json::parse(render(format, r));
    const json* found = find_entry(entries, name);
    INFO(name);
    REQUIRE(found != nullptr);
    return *found;
}

json with(const json& good, const char* pointer, const json& value) {
    auto broken = good;
    broken[json::json_pointer(pointer)] = value;
    return broken;
}

json without(const json& good, const char* parent, const char* key) {
    auto broken = good;
    broken[json::json_pointer(parent)].erase(key);
    return broken;
}

std::vector<std::string> dumped(const std::vector<json>& documents) {
    std::vector<std::string> out;
    for (const auto& d : documents) out.push_back(d.dump());
    return out;
}

}  // namespace

TEST_CASE("every session follows the consumer's definition in every format that feeds a history", "[exports]") {
    if (!has_validator()) SKIP(no_validator);
    for (const auto& format : exports) {
        std::vector<std::string> documents;
        for (const auto& [name, session] : sessions()) documents.push_back(render(format.id, session));
        CAPTURE(format.id);
        CHECK(valid_by(format.schema, documents) == std::string(documents.size(), '1'));
    }
}

TEST_CASE("the definition for github-action-benchmark refuses what it would misread", "[exports][github]") {
    if (!has_validator()) SKIP(no_validator);
    const auto good = json::parse(render("github-smaller", three_rounds()));
    const auto broken =
        dumped({with(good, "/0/value", nullptr), with(good, "/0/value", "1.5"), with(good, "/0/range", "1.2"),
                with(good, "/0/range", "± 1.2 s"), with(good, "/0/range", "± nan"), with(good, "/0/later", 1),
                with(good, "/0/name", ""), without(good, "/0", "name"), without(good, "/0", "unit"),
                without(good, "/0", "value"), json::object({{"benches", good}})});
    CHECK(valid_by(github, dumped({good})) == "1");
    CHECK(valid_by(github, broken) == std::string(broken.size(), '0'));
}

TEST_CASE("the definition of BMF refuses what Bencher would misread", "[exports][bencher]") {
    if (!has_validator()) SKIP(no_validator);
    const auto good = json::parse(render("bencher", three_rounds()));
    const char* const measures = "/pipebench~1fan-out";
    const char* const time = "/pipebench~1fan-out/time";
    const auto broken = dumped(
        {with(good, "/pipebench~1fan-out/time/value", nullptr), with(good, "/pipebench~1fan-out/time/value", "1"),
         without(good, time, "value"), without(good, time, "lower_value"),
         with(good, "/pipebench~1fan-out/time/unit", "s"), with(good, "/pipebench~1fan-out/p99_ms", {{"value", 1}}),
         with(good, measures, json::object()), with(good, measures, 1.5), json::array({good})});
    CHECK(valid_by(bmf, dumped({good})) == "1");
    CHECK(valid_by(bmf, broken) == std::string(broken.size(), '0'));
}

TEST_CASE("github-action-benchmark gets name, unit, value and where it comes from", "[exports][github]") {
    const auto s = test::sample_session();
    const auto cpu = entry("github-smaller", s, "semaphore: CPU/order");
    CHECK(cpu["unit"] == "us");
    CHECK(cpu["value"] == 162);
    CHECK(cpu["extra"] == "profile equal, 10000 orders, 1 round; 2 cores, Intel(R) Xeon(R) Processor; "
                          "pipebench 0.1.0");
    CHECK_FALSE(cpu.contains("range"));
    CHECK(entry("github-bigger", s, "semaphore: Orders")["unit"] == "orders/s");
    CHECK(entry("github-bigger", s, "semaphore: Orders")["value"] == 494.315);  // six digits of 494.3154...
}

TEST_CASE("over rounds github-action-benchmark gets the median and the scaled MAD", "[exports][github]") {
    const auto time = entry("github-smaller", three_rounds(), "fan-out: Time");
    CHECK(time["value"] == 2.024);         // of 1.84, 2.024, 2.392
    CHECK(time["range"] == "± 0.272798");  // 1.4826 x 0.184
    CHECK_THAT(time["extra"].get<std::string>(), ContainsSubstring(", 3 rounds;"));
    CHECK(entry("github-smaller", three_rounds(), "semaphore: Time")["range"] == "± 0");
}

TEST_CASE("Bencher gets its own units, and over rounds the smallest and the largest", "[exports][bencher]") {
    const auto once = json::parse(render("bencher", test::sample_session())).at("pipebench/semaphore");
    CHECK_THAT(once.at("latency").at("value").get<double>(), WithinRel(201.4e6));
    CHECK_THAT(once.at("latency-p99").at("value").get<double>(), WithinRel(208.8e6));
    CHECK_THAT(once.at("cpu-per-order").at("value").get<double>(), WithinRel(162e3));
    CHECK_THAT(once.at("peak-rss").at("value").get<double>(), WithinRel(14.9e6));
    CHECK_THAT(once.at("throughput").at("value").get<double>(), WithinRel(10'000 / 20.23));
    CHECK_FALSE(once.at("time").contains("lower_value"));
    const auto thrice = json::parse(render("bencher", three_rounds())).at("pipebench/fan-out").at("time");
    CHECK_THAT(thrice.at("value").get<double>(), WithinRel(2.024));
    CHECK_THAT(thrice.at("lower_value").get<double>(), WithinRel(1.84));
    CHECK_THAT(thrice.at("upper_value").get<double>(), WithinRel(2.392));
}

TEST_CASE("every compared metric is in one file for github-action-benchmark, and in Bencher's", "[exports]") {
    const auto s = test::sample_session();
    const auto smaller = json::parse(render("github-smaller", s)), bigger = json::parse(render("github-bigger", s));
    std::size_t compared = 0;
    for (const auto& m : metrics()) {
        const std::string name = "semaphore: " + std::string{m.title};
        if (!m.is_compared()) continue;
        CAPTURE(name);
        ++compared;
        CHECK((find_entry(smaller, name) != nullptr) == (m.direction == better::lower));
        CHECK((find_entry(bigger, name) != nullptr) == (m.direction == better::higher));
    }
    REQUIRE(compared >= 8);
    CHECK(smaller.size() + bigger.size() == compared * s.runs.size());
    CHECK(json::parse(render("bencher", s)).at("pipebench/semaphore").size() == compared);
}

TEST_CASE("the names in a file for github-action-benchmark are unique", "[exports][github]") {
    for (const auto* format : {"github-smaller", "github-bigger"}) {
        const auto entries = json::parse(render(format, test::sample_session()));
        std::set<std::string> names;
        for (const auto& e : entries) names.insert(e["name"]);
        CHECK(names.size() == entries.size());
        REQUIRE_FALSE(names.empty());
    }
}

TEST_CASE("no number that is not to be trusted gets into a history, be it one round of three", "[exports]") {
    auto s = three_rounds();
    s.runs.at(6).verdict = {verdict_kind::invalid_busy_box,
                            "INVALID: the box was busy"};  // the second round of semaphore
    REQUIRE(s.runs.at(6).pattern == "semaphore");
    for (const auto& format : exports) {
        const auto out = render(format.id, s);
        CHECK_THAT(out, !ContainsSubstring("semaphore") && ContainsSubstring("fan-out"));
        CHECK_THAT(render(format.id, test::troubled_session()), !ContainsSubstring("process-pool"));
    }
    for (auto& run : s.runs) run.verdict.kind = verdict_kind::not_judged;
    CHECK(render("github-smaller", s) == "[]\n");
    CHECK(render("github-bigger", s) == "[]\n");
    CHECK(render("bencher", s) == "{}\n");
}

TEST_CASE("a warm-up does not get into a history", "[exports]") {
    auto s = test::sample_session();
    s.warmup_runs = s.runs;
    for (auto& run : s.warmup_runs) run.time_s = 1e6;
    for (const auto& format : exports) CHECK(render(format.id, s) == render(format.id, test::sample_session()));
}

TEST_CASE("what has no value is left out of a history", "[exports]") {
    const auto smaller = json::parse(render("github-smaller", no_order_ended()));
    CHECK(find_entry(smaller, "fan-out: p99") == nullptr);
    CHECK(find_entry(smaller, "fan-out: CPU/order") == nullptr);
    CHECK(find_entry(smaller, "fan-out: Time") != nullptr);
    CHECK(render("github-bigger", no_order_ended()) == "[]\n");
    const auto bencher = json::parse(render("bencher", no_order_ended())).at("pipebench/fan-out");
    CHECK_FALSE(bencher.contains("latency"));
    CHECK_FALSE(bencher.contains("throughput"));
    CHECK(bencher.contains("time"));
    auto cut = test::sample_session();
    for (auto& run : cut.runs) run.interrupted = true;
    for (const auto& format : exports) CHECK(json::parse(render(format.id, cut)).empty());
}

TEST_CASE("a number that is too large for the consumer's unit is left out, and so are its bounds", "[exports]") {
    auto s = three_rounds();
    for (auto& run : s.runs)
        if (run.pattern == "semaphore") {
            run.latency.p50_ms = 1e308;  // finite in ms, and not in ns
            run.latency.p99_ms = run.round == 2 ? 1e308 : 5;
        }
    const auto bencher = json::parse(render("bencher", s)).at("pipebench/semaphore");
    CHECK_FALSE(bencher.contains("latency"));
    CHECK(bencher.at("latency-p99") == json{{"value", 5e6}});
    CHECK(bencher.at("time").contains("upper_value"));
    CHECK_THAT(render("bencher", s), !ContainsSubstring("null"));
}

TEST_CASE("the smallest and the largest of numbers get into a history", "[exports]") {
    auto s = three_rounds();
    constexpr double least = 5e-324, most = std::numeric_limits<double>::max();
    for (auto& run : s.runs)
        if (run.pattern == "semaphore") {
            run.time_s = least;
            run.latency.p50_ms = run.round == 1 ? most : 0;
            run.latency.p99_ms = run.round == 1 ? 0 : most;
        }
    CHECK(entry("github-smaller", s, "semaphore: Time")["value"].get<double>() == least);
    CHECK(entry("github-smaller", s, "semaphore: p99")["value"].get<double>() > 1.7e308);
    CHECK_THAT(render("github-smaller", s), !ContainsSubstring("inf") && !ContainsSubstring("nan"));
}

TEST_CASE("foreign text in a history is short and shows nothing but itself", "[exports]") {
    for (const auto& format : exports) {
        const auto out = render(format.id, trusted_and_hostile());
        CAPTURE(format.id);
        CHECK_THAT(out, ContainsSubstring("fan-out\\\\x1b[2J"));  // the escape, written out
        for (const auto* foreign : {"\x1b", "\\u001b", "\xc2\x9b", "\xe2\x80\xae", "\x7f"})
            CHECK_THAT(out, !ContainsSubstring(foreign));
        CHECK(out.size() < 50'000);
    }
}

TEST_CASE("Python's csv reads every session: one record per run, its numbers to the last digit", "[exports][csv]") {
    constexpr const char* read_csv = "import csv, json, sys\n"
                                     "file = open(sys.argv[1], encoding='utf-8', newline='')\n"
                                     "print(json.dumps(list(csv.reader(file, strict=True))))";
    const test::private_directory where;
    for (const auto& [name, session] : sessions()) {
        CAPTURE(name);
        write(where / "csv", render("csv", session));
        const auto records = json::parse(python(read_csv, {where / "csv"}));
        REQUIRE(records.size() == session.runs.size() + 1);
        const auto names = records[0].get<std::vector<std::string>>();
        const auto time = static_cast<std::size_t>(std::find(names.begin(), names.end(), "time_s") - names.begin());
        for (std::size_t i = 0; i < session.runs.size(); ++i) {
            REQUIRE(records[i + 1].size() == names.size());
            CHECK(std::stod(records[i + 1].at(time).get<std::string>()) == session.runs[i].time_s);
        }
    }
}

TEST_CASE("GitHub's markdown sees the tables, all of their cells, and no tag or link of foreign text",
          "[exports][markdown]") {
    if (!can_run({"cmark-gfm", "--version"})) SKIP("cmark-gfm is not here (Debian: cmark-gfm)");
    // Prints the tree of GitHub's parser: the cells of every row of every table, and the kinds of nodes.
    constexpr const char* read_markdown = R"(
import json, subprocess, sys
from xml.etree import ElementTree
xml = subprocess.run(["cmark-gfm", "-e", "table", "-t", "xml", sys.argv[1]], check=True, capture_output=True).stdout
tree = ElementTree.fromstring(xml)
kind = lambda node: node.tag.split("}")[1]
cells = lambda row: ["".join(cell.itertext()) for cell in row]
print(json.dumps({"tables": [[cells(row) for row in t] for t in tree.iter() if kind(t) == "table"],
                  "kinds": sorted({kind(node) for node in tree.iter()})}))
)";
    const test::private_directory where;
    for (const auto& [name, session] : sessions()) {
        CAPTURE(name);
        const auto out = render("markdown", session);
        write(where / "markdown", out);
        const auto seen = json::parse(python(read_markdown, {where / "markdown"}));
        for (const auto* foreign : {"html_block", "html_inline", "link", "image", "code", "code_block"})
            CHECK(std::count(seen["kinds"].begin(), seen["kinds"].end(), json(foreign)) == 0);
        CHECK(seen["tables"].empty() == session.runs.empty());
        std::size_t rows = 0;
        for (const auto& table : seen["tables"]) {
            REQUIRE(table.size() >= 2);
            for (const auto& row : table) CHECK(row.size() == table[0].size());
            rows += table.size() + 1;  // plus the line under its header, which the parser does not count
        }
        const auto lines = test::lines_of(out);
        const auto is_row = [](const std::string& line) { return line.starts_with('|'); };
        CHECK(static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_row)) == rows);
        if (!session.runs.empty()) CHECK(seen["tables"][0].size() == patterns_in(session).size() + 1);
    }
}
