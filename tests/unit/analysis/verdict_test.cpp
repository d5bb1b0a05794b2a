// Everybody reads the verdict of a row. If several apply, it is the worst one.
#include "analysis/verdict.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <limits>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The input of a verdict.
struct evidence {
    run_result run;
    verdict_context context;
    [[nodiscard]] verdict judged() const { return judge(run, context); }
};

/// 100 orders stored in 10 s, far above the floor, on a mostly idle machine.
evidence good() {
    evidence e;
    e.context.cores = 2;
    e.run.orders = e.run.stored = 100;
    e.run.time_s = 10;
    e.run.floor_s = 5;
    e.run.efficiency = 0.5;
    e.run.cpu.user_s = 1;
    return e;
}

struct finding {
    void (*happens)(evidence&);
    verdict_kind kind;
    const char* text;
};

/// Worst first.
constexpr std::array findings{
    finding{[](evidence& e) { e.run.ledger.lost = 3; }, verdict_kind::invalid_ledger, "INVALID: 3 lost"},
    finding{[](evidence& e) { e.run.interrupted = true, e.run.stored = 30, e.run.failed = 10; },
            verdict_kind::interrupted, "interrupted after 40 of 100 orders"},
    finding{[](evidence& e) { e.context.death = "it died 4 times"; }, verdict_kind::invalid_death,
            "INVALID: it died 4 times"},
    finding{[](evidence& e) { e.run.failed = 100, e.run.stored = 0; }, verdict_kind::invalid_all_failed,
            "INVALID: every order failed"},
    finding{[](evidence& e) { e.run.floor_s = 12; }, verdict_kind::invalid_below_floor, "INVALID: below its floor"},
    finding{[](evidence& e) { e.context.build.sanitizers = "address"; }, verdict_kind::invalid_sanitizers,
            "INVALID: sanitizer build"},
    finding{[](evidence& e) { e.context.build.type = "Debug"; }, verdict_kind::invalid_debug_build,
            "INVALID: debug build"},
    finding{[](evidence& e) { e.run.foreign_share = 0.5; }, verdict_kind::invalid_busy_box,
            "INVALID: the box was busy: other programs used 50 % of it (--busy-limit 20 %)"},
    finding{[](evidence& e) {
                e.run.api.threads = 1;
                e.run.services.push_back({service::mock_api, 9.6, 0});
            },
            verdict_kind::invalid_service_limit,
            "INVALID: the mock API was the limit: its 1 threads were busy 96 % of the time"},
    finding{[](evidence& e) {
                e.context.database_connections = 1;
                e.run.services.push_back({service::postgres, 9.7, 0});
            },
            verdict_kind::invalid_service_limit,
            "INVALID: PostgreSQL was the limit: it used 97 % of what 1 connections can"},
    finding{[](evidence& e) {
                e.run.failed = 7, e.run.stored = 93;
                e.run.failures = {{stage::store, error_kind::database, 2}, {stage::fetch, error_kind::timeout, 5}};
            },
            verdict_kind::failures, "7 % failed, mostly fetch timeout"},
    finding{[](evidence& e) { e.run.efficiency = 0.95; }, verdict_kind::at_floor, "ok, at its floor"},
    finding{[](evidence& e) { e.run.cpu.user_s = 18; }, verdict_kind::box_full, "ok, box full: run 90 %"},
};

void check(const evidence& e, const finding& expected) {
    const auto v = e.judged();
    CHECK(v.text == expected.text);
    CHECK(v.kind == expected.kind);
    CHECK(v.trusted() == (v.text.find("INVALID") == std::string::npos && v.kind != verdict_kind::interrupted));
}

}  // namespace

TEST_CASE("a run with nothing to say about it is ok", "[verdict]") {
    check(good(), {nullptr, verdict_kind::ok, "ok"});
}

TEST_CASE("each finding is told", "[verdict]") {
    for (const auto& f : findings) {
        auto e = good();
        f.happens(e);
        check(e, f);
    }
}

TEST_CASE("a run whose orders waited for database connections is not trusted", "[verdict]") {
    auto e = good();
    e.run.connection_waits = {.count = 6, .longest_s = 2.9};
    e.context.own_postgres = true;
    CHECK(e.judged().trusted());  // 100 processes that connect at once take their time, on a small box
    e.context.own_postgres = false;
    CHECK(e.judged().kind == verdict_kind::invalid_service_limit);
    CHECK_THAT(e.judged().text, ContainsSubstring("orders waited up to 2.9 s for one (6 long waits)"));
    e.run.recovery.killed = kill_target::postgres;  // its connections are opened again while it recovers
    CHECK(e.judged().text == "ok");
}

TEST_CASE("a wait for a connection that is short, or a small part of the time, changes nothing", "[verdict]") {
    const double longest_s = GENERATE(0.0, 0.9, 0.99, std::numeric_limits<double>::quiet_NaN());
    auto e = good();
    e.run.connection_waits = {.count = 1, .longest_s = longest_s};
    CHECK(e.judged().text == "ok");
}

TEST_CASE("a ledger that was not checked is worse than what else the numbers say, and better than a death",
          "[verdict]") {
    auto e = good();
    e.run.ledger.checked = false;
    e.context.ledger_failure = "no answer within 30s";
    e.run.foreign_share = 0.5;
    CHECK(e.judged().text == "INVALID: the ledger could not be read: no answer within 30s");
    CHECK(e.judged().kind == verdict_kind::invalid_unchecked);
    CHECK_FALSE(e.judged().trusted());
    e.context.death = "it died 4 times";
    CHECK(e.judged().kind == verdict_kind::invalid_death);
    e.run.interrupted = true;
    CHECK(e.judged().text == "interrupted after 100 of 100 orders, and its ledger was not checked");
}

TEST_CASE("of any two findings the worse is told", "[verdict]") {
    for (std::size_t worse = 0; worse < findings.size(); ++worse)
        for (std::size_t other = worse + 1; other < findings.size(); ++other) {
            auto e = good();
            findings[other].happens(e);
            findings[worse].happens(e);
            CAPTURE(findings[other].text);
            check(e, findings[worse]);
        }
}

TEST_CASE("a ledger that does not balance says in what", "[verdict]") {
    auto e = good();
    e.run.ledger.lost = 1;
    e.run.ledger.corrupt = 2;
    e.run.ledger.unexpected = 3;
    CHECK(e.judged().text == "INVALID: 1 lost, 2 corrupt, 3 unexpected");
    e.run.ledger.lost = 0;
    e.run.ledger.corrupt = 0;
    CHECK(e.judged().text == "INVALID: 3 unexpected");
}

TEST_CASE("what was recovered or delivered twice is in the ledger, and balanced", "[verdict]") {
    auto e = good();
    e.run.ledger.recovered = e.run.ledger.redelivered = 5;
    CHECK(e.judged().text == "ok");
}

TEST_CASE("jitter may bring a run a little below its floor, and no more", "[verdict]") {
    auto e = good();
    e.context.floor_tolerance = 0.05;
    e.run.floor_s = 10.5;
    CHECK(e.judged().trusted());
    e.run.floor_s = 10.6;
    CHECK_FALSE(e.judged().trusted());
    e.context.floor_tolerance = 0;
    e.run.floor_s = 10;  // exactly the floor is possible
    CHECK(e.judged().trusted());
}

TEST_CASE("a share of failures is given in two digits, also where none of them was named", "[verdict]") {
    auto e = good();
    e.run.orders = 100'000;
    e.run.failed = 123;
    CHECK(e.judged().text == "0.12 % failed");
    e.run.failed = 99'000;
    CHECK(e.judged().text == "99 % failed");
}

TEST_CASE("a box is full of everything that we started, and says who had which share", "[verdict]") {
    auto e = good();
    e.run.cpu = {8, 2, 0};
    e.run.services = {{service::mock_api, 3, 0}, {service::postgres, 4.8, 0}};
    CHECK(e.judged().text == "ok");
    e.run.harness_cpu_s = 0.3;  // the harness makes the difference
    CHECK(e.judged().text == "ok, box full: run 50 %, mock-api 15 %, postgres 24 %");
    e.context.cores = 4;
    CHECK(e.judged().text == "ok");
}

namespace {

/// 10 orders/s of 1 s each: by Little's law 10 in flight, which equals the limit and the observation.
evidence ten_in_flight() {
    auto e = good();
    e.run.orders_per_s = 10;
    e.run.latency.mean_ms = 1000;
    e.run.in_flight_limit = 10;
    e.run.in_flight = {20, 10};
    e.run.memory.largest_gap_ms = 100;
    return e;
}

}  // namespace

TEST_CASE("throughput x latency may exceed the limit in flight by rounding, and no more", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    e.run.latency.mean_ms = 1019;
    CHECK(e.judged().text == "ok");
    e.run.latency.mean_ms = 1021;
    check(e, {nullptr, verdict_kind::invalid_littles_law,
              "INVALID: Little's law: throughput x latency gives 10.21 in flight, the limit is 10"});
    e.run.in_flight_limit = 0;  // fan-out has none
    CHECK(e.judged().text == "ok");
}

TEST_CASE("throughput x latency and what was seen in flight may differ by a quarter", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    for (const double within : {7.51, 12.49}) {
        e.run.in_flight.mean = within;
        CHECK(e.judged().text == "ok");
    }
    e.run.in_flight.mean = 12.51;
    CHECK_FALSE(e.judged().trusted());
    e.run.in_flight.mean = 7.49;
    check(e, {nullptr, verdict_kind::invalid_littles_law,
              "INVALID: Little's law: throughput x latency gives 10 in flight, 7.49 were seen"});
}

TEST_CASE("below one order in flight the margin is a quarter of an order", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    e.run.latency.mean_ms = 40;
    e.run.in_flight.mean = 0.64;
    CHECK(e.judged().text == "ok");
    e.run.in_flight.mean = 0.66;
    CHECK_FALSE(e.judged().trusted());
}

TEST_CASE("few samples, or a gap between them, do not accuse a run", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    e.run.in_flight.mean = 5;
    CHECK_FALSE(e.judged().trusted());
    e.run.in_flight.samples = 19;
    CHECK(e.judged().text == "ok");
    e.run.in_flight.samples = 20;
    e.run.memory.largest_gap_ms = 999;
    CHECK_FALSE(e.judged().trusted());
    e.run.memory.largest_gap_ms = 1001;
    CHECK(e.judged().text == "ok");
}

TEST_CASE("Little's law is not asked where orders failed or came twice", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    e.run.in_flight.mean = 1;
    e.run.latency.mean_ms = 2000;
    REQUIRE_FALSE(e.judged().trusted());
    auto failed = e, repeated = e, redelivered = e, begun_again = e;
    failed.run.failed = 1;
    repeated.run.repeated = 1;
    redelivered.run.ledger.redelivered = 1;
    begun_again.context.begun_again = 1;
    CHECK(failed.judged().text == "1 % failed");
    CHECK(repeated.judged().text == "ok");
    CHECK(redelivered.judged().text == "ok");
    CHECK(begun_again.judged().text == "ok");
}

TEST_CASE("a build that is unfit goes before Little's law, and that before a busy box", "[verdict][littles-law]") {
    auto e = ten_in_flight();
    e.run.in_flight.mean = 1;
    e.run.foreign_share = 0.5;
    CHECK(e.judged().text.starts_with("INVALID: Little's law"));
    e.context.build.type = "Debug";
    CHECK(e.judged().text == "INVALID: debug build");
}

TEST_CASE("a build for measuring is none of the unfit ones", "[verdict]") {
    auto e = good();
    for (const auto* type : {"Release", "RelWithDebInfo", "MinSizeRel", ""}) {
        e.context.build.type = type;
        CHECK(e.judged().text == "ok");
    }
}

TEST_CASE("a box is busy from the limit on that the user gave", "[verdict]") {
    auto e = good();
    e.run.foreign_share = 0.199;
    CHECK(e.judged().text == "ok");
    e.run.foreign_share = 0.201;
    CHECK_FALSE(e.judged().trusted());
    e.context.busy_limit = 0.3;
    CHECK(e.judged().text == "ok");
    e.context.busy_limit = 1;
    e.run.foreign_share = 1;
    CHECK(e.judged().text == "ok");
    e.context.busy_limit = 0;
    e.run.foreign_share = 0.03;
    CHECK(e.judged().text == "INVALID: the box was busy: other programs used 3 % of it (--busy-limit 0 %)");
}

TEST_CASE("what others used of the box is not judged where it is not known, or less than can be counted",
          "[verdict]") {
    auto e = good();
    e.run.foreign_share = std::numeric_limits<double>::quiet_NaN();
    CHECK(e.judged().text == "ok");
    e.run.time_s = 0.1;  // x 2 cores = 0.2 s of CPU
    e.run.floor_s = 0.05;
    e.run.cpu.user_s = 0.01;
    e.run.foreign_share = 0.99;
    CHECK(e.judged().text == "ok");
    e.run.time_s = 0.11;
    CHECK_FALSE(e.judged().trusted());
}

TEST_CASE("the mock API is the limit when all its threads are busy, as far as there are cores for them",
          "[verdict]") {
    auto e = good();
    e.run.services = {{service::mock_api, 9.49, 0}};
    e.run.api.threads = 1;
    CHECK(e.judged().text == "ok");
    e.run.services[0].cpu_s = 9.51;
    CHECK_FALSE(e.judged().trusted());
    e.run.api.threads = 2;
    CHECK(e.judged().text == "ok");
    e.context.cores = 1;
    e.run.api.threads = 8;
    CHECK(e.judged().text == "INVALID: the mock API was the limit: its 8 threads were busy 95 % of the time");
    e.context.cores = 4;
    e.run.api.threads = 0;  // unknown
    CHECK(e.judged().text == "ok");
}

TEST_CASE("PostgreSQL is the limit when the pattern's connections give no more", "[verdict]") {
    auto e = good();
    e.context.cores = 8;
    e.context.database_connections = 2;
    e.run.orders = e.run.stored = 1000;
    e.run.services = {{service::postgres, 18.99, 0}};
    CHECK(e.judged().text == "ok");
    e.run.services[0].cpu_s = 19.01;
    CHECK(e.judged().text == "INVALID: PostgreSQL was the limit: it used 95 % of what 2 connections can");
    e.context.database_connections = 3;
    CHECK(e.judged().text == "ok");
    e.context.database_connections = 0;
    CHECK(e.judged().text == "ok");
}

TEST_CASE("a PostgreSQL that has more to do with starting backends than with orders is not the limit", "[verdict]") {
    auto e = good();
    e.context.database_connections = 8;
    e.run.services = {{service::postgres, 19.9, 0}};
    e.run.orders = e.run.stored = 799;
    CHECK(e.judged().trusted());
    e.run.orders = e.run.stored = 800;
    CHECK(e.judged().kind == verdict_kind::invalid_service_limit);
}

TEST_CASE("in a full box, services that use nearly all of it are the limit", "[verdict]") {
    auto e = good();
    e.context.database_connections = 8;
    e.run.orders = e.run.stored = 1000;
    e.run.api.threads = 2;
    e.run.services = {{service::mock_api, 4, 0}, {service::postgres, 12, 0}};
    e.run.cpu.user_s = 2.9;  // services: 16 of 18.9
    CHECK(e.judged().text == "ok, box full: run 14 %, mock-api 20 %, postgres 60 %");
    e.run.cpu.user_s = 2.7;
    CHECK(e.judged().text == "INVALID: PostgreSQL was the limit: the services used 86 % of a full box, the run 14 %");
    std::swap(e.run.services[0].cpu_s, e.run.services[1].cpu_s);
    CHECK(e.judged().text.starts_with("INVALID: the mock API was the limit: the services used 86 %"));
    e.run.cpu.user_s = 1.9;  // 17.9 of 20: not full
    CHECK(e.judged().text == "ok");
}
