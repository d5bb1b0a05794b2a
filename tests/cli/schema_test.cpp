// Every JSON that a command writes follows its schema in docs/, by an independent validator.
#include "support/command.hpp"
#include "support/schema.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// Runs the command with its JSON in a file; returns the file.
std::string written_by(const user& someone, std::vector<std::string> arguments) {
    const auto file = someone.file(arguments.front() + ".json");
    arguments.insert(arguments.end(), {"--export-json", file});
    const auto end = run(someone.pipebench(std::move(arguments)), 5 * test::patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code != 2);
    return file;
}

void damage(const std::string& file, const char* field) {
    auto json = nlohmann::json::parse(read_file(file));
    json.erase(field);
    std::ofstream(file) << json;
}

}  // namespace

TEST_CASE("the JSON of a sweep follows its schema, and one without a field does not", "[schema]") {
    if (!can_validate()) SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const user someone;
    const auto file = written_by(someone, {"sweep", "-p", "semaphore,thread-pool", "-c", "4,8", "-n", "40",
                                           "--http-latency", "5ms", "--db-latency", "2ms", "--busy-limit", "100%"});
    CHECK(fault_of(file, "sweep") == "");
    damage(file, "points");
    CHECK(contains(fault_of(file, "sweep"), "points"));
}

TEST_CASE("the JSON of a gate follows its schema", "[schema]") {
    if (!can_validate()) SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const user someone;
    const auto file = written_by(someone, {"gate", "--baseline", PIPEBENCH_BINARY, "-p", "semaphore", "-n", "40",
                                           "-c", "4", "--repeat", "8", "--http-latency", "2ms"});
    CHECK(fault_of(file, "gate") == "");
}

TEST_CASE("the JSON of a comparison follows its schema", "[schema]") {
    if (!can_validate()) SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const user someone;
    const auto one = written_by(someone, {"run", "-p", "semaphore", "-n", "40", "-c", "4", "-r", "5",
                                          "--http-latency", "2ms", "--db-latency", "2ms", "--busy-limit", "100%"});
    CHECK(fault_of(one, "result") == "");
    const auto file = someone.file("c.json");
    CHECK(someone.run_pipebench({"compare", one, one, "--export-json", file}).code != 2);
    CHECK(fault_of(file, "comparison") == "");
}

TEST_CASE("the JSON of a search under load follows its schema", "[schema]") {
    if (!can_validate()) SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const user someone;
    const auto file =
        written_by(someone, {"plan", "-p", "semaphore", "--rate", "100/s", "--duration", "1s", "--slo", "p50<1s",
                             "--http-latency", "5ms", "--db-latency", "2ms", "--busy-limit", "100%"});
    CHECK(fault_of(file, "load-search") == "");
}
