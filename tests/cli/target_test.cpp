// An order API of the user's: what is found out about it before anything is measured.
#include "support/saved.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <netdb.h>

#include <memory>

using namespace pipebench::test;
using client = scripted_server::connection;

namespace {

/// Its answer to every request.
scripted_server::script always(const std::string& bytes) {
    return [bytes](client& c) {
        while (c.request()) c.send(bytes);
    };
}

void check_that_target_is_refused(const std::string& url, const std::string& reason) {
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore", "--target", url}));
    check_refusal(end, {"--target", reason});
    CHECK(someone.left_behind().empty());
}

std::string url_said_by(const running_command& api) {
    REQUIRE(api.says("/orders/1"));
    const auto said = api.err();
    const auto at = said.find("http://");
    return said.substr(at, said.find("/orders") - at);
}

/// Whether the name has an address that comes before 127.0.0.1.
bool has_an_earlier_address(const char* name) {
    addrinfo wanted{}, *found = nullptr;
    wanted.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(name, nullptr, &wanted, &found) != 0) return false;
    const bool several = found->ai_family == AF_INET6 && found->ai_next != nullptr;
    ::freeaddrinfo(found);
    return several;
}

}  // namespace

TEST_CASE("a target that does not serve orders is refused with its answer before anything is started", "[target]") {
    const auto [bytes, reason] = GENERATE(table<std::string, std::string>({
        {answer("404 Not Found", ""), "answered 404"},
        {answer("503 Service Unavailable", ""), "answered 503"},
        {answer("200 OK", "<html>", "Content-Type: text/html\r\n"), "content type"},
        {answer("200 OK", "{\"id\": 1}"), "not with order 1"},
        {good_answer(2), "not with order 1"},
    }));
    const scripted_server api(always(bytes));
    check_that_target_is_refused(api.url(), reason);
}

TEST_CASE("a target on a port where nothing listens is refused", "[target]") {
    check_that_target_is_refused(closed_port_url(), "connection refused");
}

TEST_CASE("a target that never answers is refused after the time limit of an attempt", "[target]") {
    const scripted_server api([](client& c) {
        if (c.request()) c.hold();
    });
    const user someone;
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore", "--attempt-timeout", "300ms", "--target", api.url()}));
    check_refusal(end, {"--target", "no whole answer"});
}

TEST_CASE("a target that fails for a moment is asked again", "[target]") {
    auto failed = std::make_shared<std::atomic<unsigned>>(0);
    const scripted_server api([failed](client& c) {
        while (const auto id = c.request())
            c.send((*failed)++ < 1 ? answer("503 Service Unavailable", "") : good_answer(*id));
    });
    const user someone;
    const auto end =
        someone.run_pipebench(quick_and({"-p", "semaphore", "--postgres", postgres(), "--target", api.url()}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
}

TEST_CASE("of the addresses of a target's name, one that answers is used", "[target]") {
    if (!has_an_earlier_address("localhost")) SKIP("localhost has only one address here");
    const scripted_server api([](client& c) {
        while (const auto id = c.request()) c.send(good_answer(*id));
    });
    auto url = api.url();
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    const user someone;
    const std::string scheme = GENERATE("http://", "HTTP://");
    url.replace(0, 7, scheme);
    const auto end = someone.run_pipebench(quick_and(
        {"-p", "semaphore,thread-pool", "--postgres", postgres(), "--busy-limit", "100%", "--target", url}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
}

TEST_CASE("a mock API of pipebench as target gives its seed and its latency, and contents are checked", "[target]") {
    const user someone, other;
    running_command api(other.pipebench({"mock-api", "--http-latency", "8ms", "--seed", "7"}));
    const auto file = someone.file("r.json");
    const auto end =
        someone.run_pipebench({"-n", "40", "-c", "8", "--db-latency", "2ms", "-p", "semaphore,thread-pool",
                               "--busy-limit", "100%", "--target", url_said_by(api), "--export-json", file});
    CAPTURE(end.err);
    CHECK(end.code == 0);
    const auto result = saved(file);
    CHECK(result["parameters"]["http_latency"] == "8ms");
    CHECK(result["parameters"]["seed"] == 7);
    CHECK(result["servers"].back()["name"] == "mock-api");
    for (const auto& run : result["runs"]) {
        CHECK(run["ledger"]["content_checked"] == true);
        CHECK(run["ledger"]["corrupt"] == 0);
        CHECK(run["floor_s"] == 40 * 0.010 / 8);
        CHECK(run["api"]["known"] == false);
    }
}

TEST_CASE("an option that contradicts the mock API that is the target is refused", "[target]") {
    const auto [option, value] = GENERATE(table<std::string, std::string>(
        {{"--http-latency", "5ms"}, {"--http-jitter", "uniform:1ms"}, {"--seed", "1"}}));
    const user someone, other;
    running_command api(other.pipebench({"mock-api", "--http-latency", "100ms"}));
    const auto end =
        someone.run_pipebench({"-n", "9", "-p", "semaphore", option, value, "--target", url_said_by(api)});
    check_refusal(end, {option, value, "--target"});
}

TEST_CASE("the first reason of each kind of failure is in the report and in the result", "[target]") {
    const user someone;
    const auto file = someone.file("r.json");
    const scripted_server api([](client& c) {
        while (const auto id = c.request())
            c.send(*id % 3 == 0   ? answer("418 I'm a teapot", "")
                   : *id % 3 == 1 ? good_answer(*id)
                                  : answer("200 OK", "{}"));
    });
    const std::string pattern = GENERATE("fan-out", "process-pool", "redis-streams");
    const auto end =
        someone.run_pipebench(quick_and({"-p", pattern, "--postgres", postgres(), "--redis", redis(), "--target",
                                         api.url(), "--busy-limit", "100%", "--export-json", file}));
    CAPTURE(end.out, end.err);
    CHECK(contains(end.out, "13 fetch/rejected (answered 418)"));
    const auto run = saved(file)["runs"][0];  // outlives the loop
    REQUIRE(run["failures"].size() == 2);
    for (const auto& failure : run["failures"]) {
        if (failure["kind"] == "rejected") CHECK(failure["reason"] == "answered 418");
        if (failure["kind"] == "bad_content") CHECK(contains(failure["reason"], "2 bytes that are not an order"));
    }
}

TEST_CASE("the efficiency of a run with failures is that of the orders that were stored", "[target]") {
    const user someone;
    const auto file = someone.file("r.json");
    const scripted_server api([](client& c) {
        while (const auto id = c.request()) c.send(*id > 10 ? answer("404 Not Found", "") : good_answer(*id));
    });
    const auto end = someone.run_pipebench(quick_and({"-p", "thread-pool", "--postgres", postgres(), "--target",
                                                      api.url(), "--busy-limit", "100%", "--export-json", file}));
    CAPTURE(end.out, end.err);
    const auto run = saved(file)["runs"][0];
    CHECK(run["stored"] == 10);
    CHECK(run["floor_s"] == 10 * 0.002 / 8);
    CHECK(run["efficiency"] <= 1);
}
