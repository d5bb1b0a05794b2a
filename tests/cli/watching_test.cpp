// --profile-stages, which samples where CPU time goes, and --no-watch, which samples nothing.
#include "pipebench/pattern.hpp"
#include "support/finished_session.hpp"
#include "support/saved.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <array>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

constexpr const char* sections_heading = "Where the CPU time of an order goes";
constexpr std::array sections{"fetch_us", "transform_us", "store_us", "scheduling_us"};

std::uint64_t samples_of(const json& run) { return run["cpu_sections"]["samples"].get<std::uint64_t>(); }

double sum_of_sections(const json& run) {
    double sum = 0;
    for (const char* name : sections) sum += run["cpu_sections"][name].get<double>();
    return sum;
}

void check_balanced(const json& run) {
    CAPTURE(run["pattern"].get<std::string>());
    CHECK(run["stored"] == run["orders"]);
    CHECK(run["ledger"]["rows"] == run["orders"]);
    for (const char* wrong : {"lost", "corrupt", "unexpected", "redelivered"}) CHECK(run["ledger"][wrong] == 0);
    CHECK(run["ledger"]["content_checked"] == true);
}

/// Enough orders for samples: each pattern uses at least 0.1 s of CPU, and there is a sample every 4 ms.
const finished_session& profiled_run() {
    static const finished_session session({"-q", "-p", "semaphore,thread-pool,process-pool,redis-streams", "-n", "4k",
                                           "--profile", "capacity", "--profile-stages"},
                                          3 * test::patience);
    return session;
}

const finished_session& unwatched_run() {
    static const finished_session session(quick_and({"-q", "--no-watch"}));
    return session;
}

}  // namespace

// --- --profile-stages ---

TEST_CASE("samples of a run tell where the CPU time of an order goes, and add up to it", "[profile-stages]") {
    const auto& end = profiled_run().end;
    CAPTURE(end.out, end.err);
    // At full speed PostgreSQL or the mock API may be the bottleneck (exit code 3); other problems are errors.
    REQUIRE((end.code == 0 || end.code == 3));
    CHECK(contains(end.out, sections_heading));
    const auto result = profiled_run().result();
    REQUIRE(result["runs"].size() == 4);
    for (const auto& run : result["runs"]) {
        check_balanced(run);
        CAPTURE(run["pattern"].get<std::string>(), run["cpu_sections"].dump());
        CHECK(samples_of(run) > 0);
        CHECK_THAT(sum_of_sections(run), Catch::Matchers::WithinRel(run["cpu_per_order_us"].get<double>(), 1e-6));
        for (const char* name : sections) CHECK(run["cpu_sections"][name].get<double>() >= 0);
        // Each thread is sampled once per millisecond of CPU; more samples would mean a second timer.
        const double cpu_s = run["cpu"]["user_s"].get<double>() + run["cpu"]["system_s"].get<double>();
        CHECK(static_cast<double>(samples_of(run)) <= 1000 * cpu_s + 1);
    }
}

TEST_CASE("a profile shows in the reports for people, also of a saved result", "[profile-stages]") {
    REQUIRE(samples_of(profiled_run().result()["runs"][0]) > 0);
    for (const char* format : {"text", "markdown"}) {
        const auto end = profiled_run().report({"--format", format});
        CHECK(contains(end.out, sections_heading));
        CHECK(contains(end.out, "Scheduling"));
    }
}

TEST_CASE("without being asked, nothing is sampled, and no table says so", "[profile-stages]") {
    const user someone;
    const auto path = someone.file("r.json");
    const auto end = someone.run_pipebench(quick_and({"-q", "--export-json", path}));
    CHECK(end.code == 0);
    CHECK_FALSE(contains(end.out, sections_heading));
    const auto result = saved(path);
    REQUIRE(result["runs"].size() == patterns().size());
    for (const auto& run : result["runs"]) {
        CHECK(samples_of(run) == 0);
        for (const char* name : sections) CHECK(run["cpu_sections"][name] == 0);
    }
}

// The timer runs until the process has ended, so the counter must still exist for the last sample.
TEST_CASE("to be sampled is the end of no run, however often it is done", "[profile-stages]") {
    const user someone;
    const auto path = someone.file("r.json");
    const auto end = run(someone.pipebench({"-q", "-p", "semaphore", "-n", "5", "--http-latency", "0", "--db-latency",
                                            "0", "-r", "40", "--profile-stages", "--export-json", path}),
                         3 * test::patience);
    CAPTURE(end.err);
    CHECK(end.err.empty());
    REQUIRE((end.code == 0 || end.code == 3));
    CHECK(saved(path)["runs"].size() == 40);
    CHECK(someone.left_behind().empty());
}

// --- --no-watch ---

TEST_CASE("a run that nobody watches has its time, its CPU and its ledger, and nothing else", "[no-watch]") {
    const auto& end = unwatched_run().end;
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(contains(end.out, "stored, each in one row"));
    const auto result = unwatched_run().result();
    REQUIRE(result["runs"].size() == patterns().size());
    for (const auto& run : result["runs"]) {
        check_balanced(run);
        CAPTURE(run.dump(1));
        CHECK(run["time_s"].get<double>() >= run["floor_s"].get<double>());
        CHECK(run["cpu"]["user_s"].get<double>() + run["cpu"]["system_s"].get<double>() > 0);
        CHECK(run["cpu_per_order_us"].get<double>() > 0);
        CHECK(run["api"]["requests"] == 40);
        CHECK(run["in_flight"]["samples"] == 0);
        for (const auto& [name, value] : run["latency"].items()) CHECK(value.is_null());
        CHECK(run["memory"]["rss_samples"] == 0);
        CHECK(run["memory"]["pss_samples"] == 0);
        for (const auto& [name, column] : run["series"].items()) CHECK((name == "interval_ms" || column.empty()));
        CHECK(run["verdict"]["trusted"] == true);
    }
    CHECK(unwatched_run().left_behind().empty());
}

TEST_CASE("a result that nobody watched is valid by its schema", "[no-watch][export]") {
    check_valid_by_schema(unwatched_run().saved_as("json"));
}

TEST_CASE("a result with a profile is valid by its schema", "[profile-stages][export]") {
    check_valid_by_schema(profiled_run().saved_as("json"));
}

TEST_CASE("a result that nobody watched is rendered again alike to the byte", "[no-watch][export]") {
    check_rendered_again(unwatched_run());
}

TEST_CASE("an assertion about what nobody looked at does not hold", "[no-watch]") {
    const user someone;
    const auto end = someone.run_pipebench(
        quick_and({"-q", "-p", "semaphore", "--no-watch", "--assert", "all.p99_ms < 1000000000"}));
    CAPTURE(end.out);
    CHECK(end.code == 1);
    const auto known =
        someone.run_pipebench(quick_and({"-q", "-p", "semaphore", "--no-watch", "--assert", "all.stored == 40"}));
    CHECK(known.code == 0);
}

TEST_CASE("a run is killed and begun again although nobody watches it", "[no-watch][chaos]") {
    const user someone;
    const auto path = someone.file("r.json");
    const auto end = run(someone.pipebench({"-q", "-p", "semaphore,redis-streams", "-n", "200", "-c", "10",
                                            "--http-latency", "5ms", "--db-latency", "5ms", "--lease", "500ms",
                                            "--no-watch", "--chaos", "kill-run@50%", "--export-json", path}),
                         2 * test::patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    const auto result = saved(path);
    REQUIRE(result["runs"].size() == 2);
    for (const auto& run : result["runs"]) {
        CAPTURE(run["pattern"].get<std::string>(), run["recovery"].dump());
        CHECK(run["stored"] == 200);
        CHECK(run["ledger"]["rows"] == 200);
        CHECK(run["ledger"]["lost"] == 0);
        CHECK(run["recovery"]["killed"] == "run");
        CHECK(run["recovery"]["runs"] == 2);
    }
}
