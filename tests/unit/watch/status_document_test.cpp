// A status that a view reads may come from anyone.
#include "watch/status_document.hpp"

#include "contracts/error.hpp"
#include "contracts/recorder.hpp"
#include "metrics/live_session.hpp"
#include "metrics/status.hpp"
#include "support/statuses.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <string>

using namespace pipebench;
using namespace pipebench::test;

TEST_CASE("a status is read as a session writes it", "[status_document]") {
    auto record = recorder::create(10);
    live_session session;
    run_opening begins;
    begins.pattern = "redis-streams";
    begins.scenario = "flaky";
    begins.work.orders = 10;
    session.take(session_opening{"sweep", "2026-11-27T22:19:50Z"}, nullptr);
    session.take(begins, std::make_unique<recorder>(recorder::attach(::dup(record.descriptor()))));
    record.start_clock();
    auto log = record.log();
    log.end(log.begin(1), {stage::store, error_kind::timeout, 1, 1});
    run_glance seen;
    seen.number = 1;
    seen.stream = {.lag = 7, .pending = 2, .oldest_pending_s = 0.5};
    seen.services.push_back({.name = service::redis, .cpu_s = 1.5, .rss_bytes = 9});
    auto& worker = seen.workers.emplace_back();
    worker.instance = "0123456789abcdef";
    worker.host = "a";
    worker.how = worker_end::missing;
    worker.ended = 5;
    session.take(seen, nullptr);
    const auto read = parse_status(status_of(session));
    CHECK(read.command == "sweep");
    CHECK(read.phase == "running");
    REQUIRE(read.run);
    CHECK(read.run->place.pattern == "redis-streams");
    CHECK(read.run->place.orders == 10);
    CHECK(std::isnan(read.run->place.in_flight_limit));
    CHECK(read.run->orders.failed == 1);
    REQUIRE(read.run->orders.failures.size() == 1);
    CHECK(read.run->orders.failures[0].kind == "timeout");
    CHECK(read.run->service.p99_ms > 0);
    CHECK(std::isnan(read.run->response.p99_ms));
    CHECK(read.run->stream_lag == 7);
    CHECK(std::isnan(read.run->usage.cpu_s));
    REQUIRE(read.run->services.size() == 1);
    CHECK(read.run->services[0].cpu_s == 1.5);
    CHECK(std::isnan(read.run->services[0].pss_bytes));
    REQUIRE(read.run->workers.size() == 1);
    CHECK(read.run->workers[0].state == "missing");
    CHECK(read.run->workers[0].ended == 5);
    run_closing ends;
    ends.verdict = "ok";
    session.take(ends, nullptr);
    const auto after = parse_status(status_of(session));
    CHECK_FALSE(after.run);
    REQUIRE(after.ended.size() == 1);
    CHECK(after.ended[0].verdict == "ok");
    CHECK(after.ended[0].failed == 1);
    CHECK(std::isnan(after.ended[0].lost));
}

TEST_CASE("what is no status is refused in one line", "[status_document]") {
    auto wrong_number = status_of_run(), negative = wrong_number, wrong_list = wrong_number,
         wrong_element = wrong_number;
    wrong_number["run"]["elapsed_s"] = "2";
    negative["run"]["orders_now"]["stored"] = -1;
    wrong_list["ended"] = 5;
    wrong_element["run"]["workers"] = {1, 2};
    for (const auto& text : {std::string(), std::string("x"), std::string("[]"), std::string("{}"),
                             std::string("{\"pipebench\":1}"), std::string("{\"pipebench\": 1, \"phase\": [1]}"),
                             std::string("\xff\xfe"), std::string(100'000, '['), std::string(longest_status + 1, ' '),
                             wrong_number.dump(), negative.dump(), wrong_list.dump(), wrong_element.dump()}) {
        INFO(text.substr(0, 80));
        try {
            static_cast<void>(parse_status(text));
            FAIL("it was taken");
        } catch (const setup_error& e) {
            const std::string said = e.what();
            CHECK_FALSE(said.empty());
            CHECK(said == printable(said));
            CHECK(said.size() < 300);
        }
    }
}

TEST_CASE("texts of a status become printable, short, and one column per character", "[status_document]") {
    auto status = status_of_run();
    status["run"]["pattern"] = "a\x1b[2Jb\n\u202ec";
    status["run"]["scenario"] = "\u4e2d\u0301\U0001F600\u00e9";
    status["ended"][0]["verdict"] = std::string(5000, 'v');
    const auto read = parse_status(status.dump());
    CHECK(read.run->place.pattern == "a\\x1b[2Jb\\x0a?c");
    CHECK(read.run->place.scenario == "???\u00e9");
    CHECK(read.ended[0].verdict.size() <= longest_shown_text + 3);
}

TEST_CASE("lists of a status are cut", "[status_document]") {
    auto status = status_of_run();
    for (std::size_t i = 0; i < most_listed + 100; ++i) status["ended"].push_back(status["ended"][0]);
    CHECK(parse_status(status.dump()).ended.size() == most_listed);
}
