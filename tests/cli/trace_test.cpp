// --trace: what sampled orders did, in the Chrome trace event format, with every pattern.
#include "contracts/span_log.hpp"
#include "pipebench/pattern.hpp"
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

constexpr std::uint64_t orders = 120;
constexpr double latency_us = 30'000, database_us = 10'000;

/// Runs some orders, and returns their trace.
json trace_of(const user& someone, const char* sample, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"-q",           "-n",           "120",
                                       "-c",           "20",           "--http-latency",
                                       "30ms",         "--db-latency", "10ms",
                                       "--busy-limit", "100%",         "--trace-sample",
                                       sample,         "--trace",      someone.file("trace.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto end = run(someone.pipebench(arguments), 5 * test::patience);
    CAPTURE(end.out, end.err);
    REQUIRE((end.code == 0 || end.code == 3));  // a busy box makes a row INVALID, but not its spans
    return saved(someone.file("trace.json"));
}

std::map<std::uint64_t, std::string> processes_in(const json& trace) {
    std::map<std::uint64_t, std::string> out;
    for (const auto& e : trace["traceEvents"])
        if (e["name"] == "process_name") out[e["pid"].get<std::uint64_t>()] = e["args"]["name"].get<std::string>();
    return out;
}

/// Spans and moments of one run, with this name; any if it is empty.
std::vector<json> events_of(const json& trace, std::uint64_t run, const std::string& name = "") {
    std::vector<json> out;
    for (const auto& e : trace["traceEvents"])
        if (e["pid"] == run && e["ph"] != "M" && (name.empty() || e["name"] == name)) out.push_back(e);
    return out;
}

std::multiset<order_id> orders_of(const std::vector<json>& events) {
    std::multiset<order_id> out;
    for (const auto& e : events) out.insert(e["args"]["order"].get<order_id>());
    return out;
}

std::multiset<order_id> sampled() {
    std::multiset<order_id> out;
    for (order_id id = 1; id <= orders; ++id)
        if (sample_of(0.3, workload{}.seed).takes(id)) out.insert(id);
    return out;
}

void check_that_nothing_overlaps(const std::vector<json>& events) {
    constexpr double rounding_us = 0.002;
    std::map<std::uint64_t, double> until;
    for (const auto& e : events) {  // by time on each track
        const auto [end, is_first] = until.try_emplace(e["tid"].get<std::uint64_t>(), 0.0);
        CAPTURE(e.dump());
        CHECK(e["ts"].get<double>() >= end->second - rounding_us);
        end->second = e["ts"].get<double>() + e.value("dur", 0.0);
    }
}

bool can_validate() { return run({{"/usr/bin/python3", "-c", "import jsonschema"}, {}}).code == 0; }

}  // namespace

TEST_CASE("every pattern traces the same orders, from fetch to store, and no track overlaps", "[trace]") {
    const user someone;
    const auto trace = trace_of(someone, "30%", {});
    const auto runs = processes_in(trace);
    REQUIRE(runs.size() == patterns().size());
    for (const auto& [run, name] : runs) {
        CAPTURE(name);
        CHECK(orders_of(events_of(trace, run, "fetch")) == sampled());
        CHECK(orders_of(events_of(trace, run, "transform")) == sampled());
        CHECK(orders_of(events_of(trace, run, "store")) == sampled());
        CHECK(orders_of(events_of(trace, run, "stored")) == sampled());
        for (const auto& e : events_of(trace, run, "fetch")) {
            CHECK(e["dur"].get<double>() >= latency_us);
            CHECK(e["args"]["status"] == 200);
            CHECK(e["args"]["attempt"] == 1);
            CHECK(e["args"]["outcome"] == "ok");
        }
        for (const auto& e : events_of(trace, run, "database latency")) CHECK(e["dur"].get<double>() >= database_us);
        CHECK(orders_of(events_of(trace, run, "acknowledge")) ==
              (name == "redis-streams" ? sampled() : std::multiset<order_id>()));
        check_that_nothing_overlaps(events_of(trace, run));
    }
    if (!can_validate()) SKIP("Python's jsonschema is not installed (python3-jsonschema)");
    const auto fault = run({{"/usr/bin/python3", "-W", "ignore", PIPEBENCH_SOURCE_DIR "/tests/support/validate.py",
                             PIPEBENCH_SOURCE_DIR "/docs/trace.schema.json", someone.file("trace.json")},
                            {}});
    CHECK(fault.out + fault.err == "");
}

TEST_CASE("under open load a trace shows how long an order waited", "[trace][open-load]") {
    const user someone;
    const auto trace = trace_of(someone, "30%", {"-p", "semaphore,redis-streams", "--rate", "200/s"});
    for (const auto& [run, name] : processes_in(trace)) {
        CAPTURE(name);
        CHECK(orders_of(events_of(trace, run, "wait")) == sampled());
        check_that_nothing_overlaps(events_of(trace, run));
    }
}

TEST_CASE("a trace shows each attempt, how it failed, and the pause after it", "[trace]") {
    const user someone;
    const auto trace = trace_of(someone, "100%", {"-p", "semaphore", "--scenario", "flaky"});
    std::uint64_t again = 0;
    for (const auto& e : events_of(trace, 1, "fetch")) {
        if (e["args"]["attempt"] > 1) ++again;
        if (e["args"]["outcome"] == "ok") CHECK(e["args"]["status"] == 200);
    }
    CHECK(again > 0);
    CHECK(events_of(trace, 1, "pause").size() >= again);
    CHECK(processes_in(trace)[1] == "semaphore, flaky");
}

TEST_CASE("what a killed run had done is in the trace, and what the next one did", "[trace][chaos]") {
    const user someone;
    const auto trace = trace_of(someone, "100%", {"-p", "thread-pool", "--chaos", "kill-run@50%"});
    std::set<std::uint64_t> processes;
    for (const auto& e : events_of(trace, 1, "stored")) processes.insert(e["args"]["process"].get<std::uint64_t>());
    CHECK(processes.size() == 2);
    check_that_nothing_overlaps(events_of(trace, 1));
}

TEST_CASE("a trace that cannot be is refused before anything starts", "[trace]") {
    const user someone;
    const auto file = someone.file("trace.json");
    const auto refuses = [&](std::vector<std::string> arguments, const std::vector<std::string>& said) {
        check_refusal(someone.run_pipebench(std::move(arguments)), said);
    };
    for (const char* share : {"0", "0%", "150%", "-1%", "1.5", "some", "1%%", "nan"})
        refuses({"--trace", file, "--trace-sample", share}, {"--trace-sample", "1%"});
    refuses({"--trace-sample", "5%"}, {"--trace-sample", "--trace FILE"});
    refuses({"--trace", someone.file("no/such/place.json")}, {"--trace", "No such file or directory"});
    refuses({"--trace", "-"}, {"--trace", "stdout"});
    refuses({"--trace", file, "--no-watch"}, {"--trace", "--no-watch"});
    refuses({"--trace", file, "-p", "none", "--runner", "mine=true"}, {"--trace", "--runner"});
    refuses({"--trace", file, "-n", "3"}, {"--trace", "--trace-sample", "none of the 3 orders"});
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(someone.left_behind().empty());
}
