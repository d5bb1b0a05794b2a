// --metrics: what a scraper of a session reads, and that none can harm a run.
#include "pipebench/pattern.hpp"
#include "support/saved.hpp"
#include "support/scraper.hpp"
#include "support/silent.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <sys/socket.h>

#include <csignal>
#include <numeric>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

const std::string at_free_port = "127.0.0.1:0";
constexpr double tick_s = 0.02;  ///< the kernel tells the CPU time of a process that runs in ticks of 10 ms

/// Arguments of a session with metrics.
std::vector<std::string> served(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--metrics", at_free_port, "--busy-limit", "100%", "--no-yardstick"});
    return arguments;
}

/// A session that lasts for a second or more.
std::vector<std::string> some_time(const std::string& pattern) {
    return served({"-p", pattern, "-n", "600", "-c", "10", "--http-latency", "10ms", "--db-latency", "10ms"});
}

struct watched_session {
    command_end end;
    std::vector<scrape> scrapes;
    json result;
};

watched_session watch(const user& someone, std::vector<std::string> arguments) {
    const auto file = someone.file("r.json");
    arguments.insert(arguments.end(), {"--export-json", file});
    running_command session(someone.pipebench(served(std::move(arguments))));
    const auto port = metrics_port_of(session);
    auto scrapes = scrapes_until_the_end(port);
    auto end = session.wait();
    CAPTURE(end.out, end.err);
    REQUIRE((end.code == 0 || end.code == 3));
    CHECK(someone.left_behind().empty());
    return {std::move(end), std::move(scrapes), saved(file)};
}

/// The last one with as many ended runs of the pattern; it has all of them.
const scrape& last_of(const watched_session& s, const std::string& pattern, const std::string& scenario,
                      double runs) {
    const auto at = std::find_if(s.scrapes.rbegin(), s.scrapes.rend(), [&](const scrape& one) {
        return one.value("pipebench_runs_total", pattern, scenario) == runs;
    });
    REQUIRE(at != s.scrapes.rend());
    return *at;
}

double sum_of(const json& counts) {
    return std::accumulate(counts.begin(), counts.end(), 0.0,
                           [](double sum, const json& n) { return sum + n.get<double>(); });
}

/// Of a session with one run of the pattern.
void check_agreement(const scrape& seen, const json& run) {
    const std::string pattern = run["pattern"], scenario = run["scenario"];
    CAPTURE(pattern);
    const auto is = [&](const char* name, const std::string& more, double expected) {
        CAPTURE(name, more);
        CHECK(seen.value(name, pattern, scenario, more) == expected);
    };
    const auto costs = [&](const std::string& service, double expected) {
        CAPTURE(service);
        const auto used = seen.value("pipebench_cpu_seconds_total", pattern, scenario, ",service=\"" + service + '"');
        REQUIRE(used);
        CHECK_THAT(*used, Catch::Matchers::WithinAbs(expected, tick_s));
    };
    is("pipebench_orders_total", R"(,outcome="stored")", run["stored"]);
    is("pipebench_orders_total", R"(,outcome="failed")", run["failed"]);
    is("pipebench_http_attempts_total", "", run["http_attempts"]);
    is("pipebench_store_attempts_total", "", run["store_attempts"]);
    is("pipebench_http_retries_total", "", run["retries"]);
    is("pipebench_refused_retries_total", "", run["refused_retries"]);
    is("pipebench_throttled_requests_total", "", run["api"]["throttled"]);
    is("pipebench_order_service_seconds_count", "", sum_of(run["served"]["counts"]));
    for (const char* stage : {"fetch", "transform", "store"})
        is("pipebench_stage_duration_seconds_count", std::string(",stage=\"") + stage + '"',
           run["stages"][stage]["attempts"]);
    for (const auto& f : run["failures"])
        is("pipebench_order_failures_total",
           ",stage=\"" + f["stage"].get<std::string>() + "\",kind=\"" + f["kind"].get<std::string>() + '"',
           f["orders"]);
    for (const char* found : {"lost", "corrupt", "unexpected"})
        is("pipebench_ledger_orders_total", std::string(",found=\"") + found + '"', run["ledger"][found]);
    costs("run", run["cpu"]["user_s"].get<double>() + run["cpu"]["system_s"].get<double>());
    costs("harness", run["harness_cpu_s"]);
    for (const auto& s : run["services"]) costs(s["name"], s["cpu_s"]);
}

/// Of each to the next one.
void check_never_fallen(const std::vector<scrape>& scrapes) {
    REQUIRE(scrapes.size() > 10);
    for (std::size_t i = 1; i < scrapes.size(); ++i) {
        const auto fallen = scrapes[i].fallen_since(scrapes[i - 1]);
        CAPTURE(i, fallen);
        REQUIRE(fallen.empty());
    }
}

/// Whether the session is carrying out orders.
bool has_stored_orders(std::uint16_t port) {
    return comes_true([&] {
        const auto now = scrape_of(port);
        return now && now->value("pipebench_orders_total", "semaphore", "clean", R"(,outcome="stored")") > 0;
    });
}

void check_complete(const command_end& end, const json& result) {
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    REQUIRE(result["runs"].size() == 1);
    CHECK(result["runs"][0]["stored"] == 600);
    CHECK(result["runs"][0]["ledger"]["rows"] == 600);
}

}  // namespace

TEST_CASE("the last scrape of a run and its result agree, for every pattern", "[metrics]") {
    const user someone;
    const auto s = watch(someone, {"-n", "400", "-c", "20", "--http-latency", "10ms", "--db-latency", "5ms",
                                   "--scenario", "flaky", "--attempts", "1"});
    REQUIRE(s.result["runs"].size() == patterns().size());
    double failed = 0;
    for (const auto& run : s.result["runs"]) {
        check_agreement(last_of(s, run["pattern"], "flaky", 1), run);
        failed += run["failed"].get<double>();
    }
    CHECK(failed > 0);
    check_never_fallen(s.scrapes);
}

TEST_CASE("an open run is scraped: arrivals, wait, response and the objective agree with the result", "[metrics]") {
    const user someone;
    const auto s = watch(someone, {"-p", "semaphore,redis-streams", "-n", "300", "--rate", "200/s", "--slo", "p99<5s",
                                   "--http-latency", "10ms", "--db-latency", "5ms", "-c", "20"});
    REQUIRE(s.result["runs"].size() == 2);
    for (const auto& run : s.result["runs"]) {
        const std::string pattern = run["pattern"];
        const auto& seen = last_of(s, pattern, "clean", 1);
        check_agreement(seen, run);
        CHECK(seen.value("pipebench_arrivals_total", pattern, "clean") == 300);
        for (const char* what : {"wait", "response"})
            CHECK(seen.value(std::string("pipebench_order_") + what + "_seconds_count", pattern, "clean") == 300);
        CHECK(seen.value("pipebench_slo_orders_total", pattern, "clean", R"(,objective="p99<5s",within="true")") ==
              run["stored"].get<double>());
    }
    check_never_fallen(s.scrapes);
}

TEST_CASE("counters go on over three rounds and never fall", "[metrics]") {
    const user someone;
    const auto s =
        watch(someone, {"-n", "100", "-c", "10", "--http-latency", "5ms", "--db-latency", "5ms", "-r", "3"});
    REQUIRE(s.result["runs"].size() == 3 * patterns().size());
    check_never_fallen(s.scrapes);
    for (const pattern& p : patterns()) {
        CAPTURE(p.id);
        const auto& seen = last_of(s, std::string(p.id), "clean", 3);
        CHECK(seen.value("pipebench_orders_total", std::string(p.id), "clean", R"(,outcome="stored")") == 300);
    }
}

TEST_CASE("counters never fall when a worker is killed, or the run", "[metrics][chaos]") {
    const std::string victim = GENERATE("kill-worker@50%", "kill-run@50%");
    const user someone;
    const auto s = watch(someone, {"-n", "300", "-c", "10", "--http-latency", "5ms", "--db-latency", "5ms", "--lease",
                                   "500ms", "--chaos", victim});
    REQUIRE(s.result["runs"].size() == patterns().size());
    check_never_fallen(s.scrapes);
    for (const auto& run : s.result["runs"]) {
        CAPTURE(run["pattern"].get<std::string>());
        const auto& seen = last_of(s, run["pattern"], "clean", 1);
        CHECK(seen.value("pipebench_orders_total", run["pattern"], "clean", R"(,outcome="stored")") ==
              run["stored"].get<double>());
    }
}

TEST_CASE("--metrics is refused before anything starts", "[metrics][bad-input]") {
    const user someone;
    const silent_server taken;
    const auto refused = [&](std::vector<std::string> command, const std::vector<std::string>& said) {
        CAPTURE(command);
        check_refusal(someone.run_pipebench(std::move(command)), said);
    };
    for (const char* command : {"run", "services", "mock-api"}) {
        refused({command, "--metrics", "127.0.0.1:" + taken.port()}, {"--metrics", taken.port(), "in use"});
        refused({command, "--metrics", "0.0.0.0:0"}, {"--metrics", "--allow-remote"});
        refused({command, "--metrics", "127.0.0.1"}, {"--metrics", "HOST:PORT"});
        refused({command, "--metrics", "192.0.2.1:0", "--allow-remote"}, {"--metrics", "192.0.2.1"});
    }
    refused({"run", "--allow-remote"}, {"--allow-remote", "--metrics"});
    refused({"run", "--metrics", at_free_port, "--no-watch"}, {"--metrics", "--no-watch"});
    CHECK(someone.left_behind().empty());
}

TEST_CASE("garbage, connections that say nothing and one that never reads do nothing to a run", "[metrics]") {
    const user someone;
    const auto file = someone.file("r.json");
    auto arguments = some_time("semaphore");
    arguments.insert(arguments.end(), {"--export-json", file});
    running_command session(someone.pipebench(arguments));
    const auto port = metrics_port_of(session);
    REQUIRE(has_stored_orders(port));
    for (const std::string garbage :
         {"\0\1\2\3\r\n\r\n", "GET", "GET /metrics HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\n\r\n"}) {
        const auto peer = connect_to(port);
        ::send(peer.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
    }
    const auto never_reads = connect_to(port);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";
    ::send(never_reads.get(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    std::vector<descriptor> silent;
    for (int i = 0; i < 100; ++i) silent.push_back(connect_to(port));
    CHECK(scrape_of(port));
    const auto end = session.wait();
    check_complete(end, saved(file));
    CHECK_FALSE(contains(end.err, "warning"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("the end of the metrics process is a warning, not the end of a run", "[metrics]") {
    const user someone;
    const auto file = someone.file("r.json");
    auto arguments = some_time("semaphore");
    arguments.insert(arguments.end(), {"--export-json", file});
    running_command session(someone.pipebench(arguments));
    REQUIRE(has_stored_orders(metrics_port_of(session)));
    const auto servers = running(someone, "_metrics");
    REQUIRE(servers.size() == 1);
    ::kill(servers.front().pid, SIGKILL);
    const auto end = session.wait();
    check_complete(end, saved(file));
    const auto said = lines_of(end.err);
    CHECK(std::ranges::count_if(said, [](const std::string& line) { return contains(line, "warning"); }) == 1);
    CHECK(contains(end.err, "the metrics process"));
    CHECK(someone.left_behind().empty());
}
