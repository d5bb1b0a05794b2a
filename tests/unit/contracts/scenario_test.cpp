// Scenarios as people write them. If one is read wrongly, it tests something else than it says.
#include "contracts/error.hpp"
#include "contracts/scenario.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdio>
#include <fstream>
#include <set>

#include <unistd.h>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const setup_error& e) {
        return e.what();
    }
    return "";
}

std::string refusal_of(std::string_view text) {
    return message_of([&] { (void)parse_scenario(text, "x.json"); });
}

std::string with_fault(const std::string& members) {
    return R"({"name": "x", "api": {"faults": [{)" + members + "}]}}";
}

std::string with(const std::string& members) { return R"({"name": "x", )" + members + "}"; }

}  // namespace

TEST_CASE("a scenario is read with all it has", "[scenario]") {
    const auto s = parse_scenario(R"({
        "name": "all-of-it", "summary": "everything at once",
        "api": {
            "faults": [
                {"kind": "status", "share": 0.5, "first_attempts": 2, "status": 429, "retry_after": "3s"},
                {"kind": "drip", "share": 0.5, "time": "20ms"}],
            "throttle": {"concurrent": 5, "per_second": 100, "retry_after": "2m"},
            "outage": {"at": 0.25, "time": "1.5s"}},
        "database": {"latency": "10ms", "terminate_at": 0.75},
        "poison": [7, 9]})",
                                  "test");
    scenario expected;
    expected.name = "all-of-it";
    expected.summary = "everything at once";
    expected.api.faults = {{fault_kind::status, 0.5, 2, 429, 3s, {}}, {fault_kind::drip, 0.5, 0, 503, {}, 20ms}};
    expected.api.limits = {5, 100, 120s};
    expected.api.down = {0.25, 1500ms};
    expected.database = {10ms, 0.75};
    expected.poison = {7, 9};
    CHECK(s == expected);
    CHECK_FALSE(s.api.none());
}

TEST_CASE("what a scenario leaves out is no trouble", "[scenario]") {
    const auto s = parse_scenario(R"({"name": "quiet"})", "test");
    CHECK(s.api.none());
    CHECK(s.database == database_trouble{});
    CHECK(s.poison.empty());
}

TEST_CASE("every kind of fault has a name of its own that is read back", "[scenario]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < fault_kind_count; ++i) {
        const auto kind = static_cast<fault_kind>(i);
        CAPTURE(name_of(kind));
        names.insert(name_of(kind));
        const auto text = with_fault(R"("kind": ")" + std::string(name_of(kind)) + R"(", "time": "1ms")");
        CHECK(parse_scenario(text, "test").api.faults.at(0).kind == kind);
    }
    CHECK(names.size() == fault_kind_count);
}

TEST_CASE("what is wrong with a scenario is said in one line that names the file and the key", "[scenario]") {
    struct row {
        std::string text, expected;
    };
    const std::string deep = std::string(50, '[') + std::string(50, ']');
    const auto r = GENERATE_COPY(values<row>({
        {"", "parse error"},
        {"{", "parse error"},
        {"name: x", "parse error"},
        {"{\"name\": \"\xff\"}", "parse error"},
        {"{\"name\": \"a\nb\"}", "parse error"},
        {"[]", "\"a scenario\" must be an object"},
        {"null", "\"a scenario\" must be an object"},
        {"{}", "\"name\" must be there"},
        {R"({"summary": "x"})", "\"name\" must be there"},
        {R"({"name": 7})", "\"name\" must be a text"},
        {R"({"name": ""})", "\"name\" must be a text of 1 to 200 bytes"},
        {R"({"name": "Two Words"})", "\"name\" must be at most 40 of a-z, 0-9 and '-'"},
        {R"({"name": "a\u001b[31mb"})", "\"name\" must be at most 40 of a-z, 0-9 and '-'"},
        {R"({"name": "x", "sumary": "y"})", "'sumary' is not a key of a scenario, did you mean 'summary'?"},
        {R"({"name": "x", "a\nb\u001b": 1})", "'a\\x0ab\\x1b' is not a key of a scenario"},
        {with(R"("summary": [])"), "\"summary\" must be a text"},
        {with(R"("api": [])"), "\"api\" must be an object"},
        {with(R"("api": {"fault": []})"), "'fault' is not a key of api, did you mean 'faults'?"},
        {with(R"("api": {"faults": {}})"), "\"faults\" must be a list of at most 32"},
        {with(R"("api": {"faults": [7]})"), "\"a fault\" must be an object"},
        {with(R"("api": {"throttle": {"concurrent": 0}})"),
         "\"concurrent\" must be a whole number from 1 to 1000000"},
        {with(R"("api": {"throttle": {"per_second": 1.5}})"), "\"per_second\" must be a whole number"},
        {with(R"("api": {"throttle": {"per_second": "100"}})"), "\"per_second\" must be a whole number"},
        {with(R"("api": {"throttle": {"retry_after": "1.5s"}})"), "\"retry_after\" must be whole seconds"},
        {with(R"("api": {"throttle": {"retry_after": "0"}})"), "\"retry_after\" must be whole seconds"},
        {with(R"("api": {"outage": {"at": 1.5}})"), "\"at\" must be a share from 0 to 1"},
        {with(R"("api": {"outage": {"time": 2}})"), "\"time\" must be a duration with a unit"},
        {with(R"("api": {"outage": {"time": "-2s"}})"), "\"time\" must be a duration with a unit"},
        {with(R"("database": {"latency": "10"})"), "\"latency\" must be a duration with a unit"},
        {with(R"("database": {"terminate_at": -0.1})"), "\"terminate_at\" must be a share from 0 to 1"},
        {with(R"("database": {"restart_at": 0.1})"), "'restart_at' is not a key of database"},
        {with(R"("poison": 7)"), "\"poison\" must be a list of at most 1000 orders"},
        {with(R"("poison": [0])"), "\"poison\" must be a whole number from 1 to 10000000"},
        {with(R"("poison": [-1])"), "\"poison\" must be a whole number"},
        {with(R"("poison": )" + deep), "nested too deeply"},
        {with_fault(R"("share": 0.1)"), "\"kind\" must be there in every fault"},
        {with_fault(R"("kind": "restet")"), "'restet' is not a kind of fault, did you mean 'reset'?"},
        {with_fault(R"("kind": 3)"), "\"kind\" must be a text"},
        {with_fault(R"("kind": "reset", "share": 1.01)"), "\"share\" must be a share from 0 to 1"},
        {with_fault(R"("kind": "reset", "share": "10%")"), "\"share\" must be a share from 0 to 1"},
        {with_fault(R"("kind": "reset", "shares": 1)"), "'shares' is not a key of a fault, did you mean 'share'?"},
        {with_fault(R"("kind": "reset", "first_attempts": 0)"), "\"first_attempts\" must be a whole number from 1"},
        {with_fault(R"("kind": "status", "status": 200)"), "\"status\" must be a whole number from 400 to 599"},
        {with_fault(R"("kind": "status", "retry_after": "500ms")"), "\"retry_after\" must be whole seconds"},
        {with_fault(R"("kind": "slow")"), "\"time\" must be set for slow and drip"},
        {with_fault(R"("kind": "drip", "time": "0")"), "\"time\" must be set for slow and drip"},
        {with_fault(R"("kind": "reset", "share": 0.6}, {"kind": "truncated", "share": 0.6)"),
         "\"faults\" must be of shares that add up to 1 at most"},
    }));
    const std::string said = refusal_of(r.text);
    CAPTURE(r.text, said);
    CHECK(said.starts_with("x.json: "));
    CHECK(said.find(r.expected) != std::string::npos);
    CHECK(said.find_first_of("\n\r\t\x1b") == std::string::npos);
}

TEST_CASE("shares that add up to 1 but for rounding are taken", "[scenario]") {
    std::string faults;
    for (int i = 0; i < 10; ++i) faults += std::string(i > 0 ? "," : "") + R"({"kind": "reset", "share": 0.1})";
    CHECK(refusal_of(with(R"("api": {"faults": [)" + faults + "]}")).empty());
}

TEST_CASE("lists and files that are too long are refused", "[scenario]") {
    std::string faults = R"({"kind": "reset"})", poison = "1";
    for (int i = 0; i < 32; ++i) faults += R"(, {"kind": "reset"})";
    for (int i = 0; i < 1'000; ++i) poison += ", 1";
    CHECK(refusal_of(with(R"("api": {"faults": [)" + faults + "]}")) ==
          "x.json: \"faults\" must be a list of at most 32");
    CHECK(refusal_of(with(R"("poison": [)" + poison + "]")) ==
          "x.json: \"poison\" must be a list of at most 1000 orders");
    CHECK(refusal_of(R"({"name": "x"})" + std::string(max_scenario_bytes, ' ')) == "x.json: more than 65536 bytes");
    CHECK(refusal_of(std::string(max_scenario_bytes, '[')) == "x.json: nested too deeply");
}

TEST_CASE("every scenario that is built in is good and found by its name", "[scenario]") {
    REQUIRE_FALSE(scenarios().empty());
    CHECK(scenarios().front().name == clean_scenario);
    CHECK(scenarios().front().api.none());
    std::set<std::string> names;
    for (const scenario& s : scenarios()) {
        CAPTURE(s.name);
        CHECK(names.insert(s.name).second);
        CHECK_FALSE(s.summary.empty());
        CHECK(find_scenario(s.name) == s);
        const bool troubled = !s.api.none() || s.database != database_trouble{} || !s.poison.empty();
        CHECK(troubled == (s.name != clean_scenario));
    }
}

TEST_CASE("a name that is not a scenario's is refused with the nearest, a file that cannot be read with its path",
          "[scenario]") {
    const auto refusal = [](const std::string& name) { return message_of([&] { (void)find_scenario(name); }); };
    CHECK(
        refusal("flakey").starts_with("--scenario: 'flakey' is not a scenario, did you mean 'flaky'? (known: clean"));
    CHECK(refusal("a\nb").find('\n') == std::string::npos);
    CHECK(refusal("./none.json") == "--scenario: cannot read ./none.json");
    CHECK(refusal("/") == "--scenario: cannot read /");
}

TEST_CASE("a scenario may come from a file, up to a size", "[scenario]") {
    const std::string path = "/tmp/pipebench-scenario-" + std::to_string(getpid()) + ".json";
    const struct cleanup {
        const std::string& path;
        ~cleanup() { std::remove(path.c_str()); }
    } guard{path};
    const auto write = [&](const std::string& text) { std::ofstream(path, std::ios::binary) << text; };
    write(R"({"name": "mine", "poison": [3]})");
    CHECK(find_scenario(path).name == "mine");
    write(std::string(2 * max_scenario_bytes, ' '));
    CHECK(message_of([&] { (void)find_scenario(path); }) == "--scenario: " + path + ": more than 65536 bytes");
    write("");
    CHECK(message_of([&] { (void)find_scenario(path); }) == "--scenario: cannot read " + path);
}
