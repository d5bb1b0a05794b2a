// What happens in a run, as events: each thing once, in order, and within its limits.
#include "measure/record_watch.hpp"

#include "contracts/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr outcome rejected{stage::fetch, error_kind::rejected, 3, 0};

/// A record, and the events that were found in it.
struct bench {
    recorder record = recorder::create(5000);
    std::vector<event> told;
    record_watch watch{record, [this](const event& e) { told.push_back(e); }};

    bench() { record.start_clock(); }

    void end(order_id id, const outcome& o) { record.log().end(record.log().begin(id), o); }
};

}  // namespace

TEST_CASE("orders that succeed are no events", "[events]") {
    bench b;
    for (order_id id = 1; id <= 100; ++id) b.end(id, outcome{});
    b.watch.finish();
    CHECK(b.told.empty());
}

TEST_CASE("an order that failed is told once, with its stage, kind, attempt and own reason", "[events]") {
    bench b;
    const auto findings = b.record.findings();
    findings.explain(stage::fetch, error_kind::rejected, [] { return std::string("answered 404"); });
    findings.give_up(7, stage::fetch, error_kind::rejected);
    b.end(7, rejected);
    findings.explain(stage::fetch, error_kind::rejected, [] { return std::string("answered 410"); });
    findings.give_up(8, stage::fetch, error_kind::rejected);
    b.end(8, rejected);
    b.watch.look();
    b.watch.finish();
    REQUIRE(b.told.size() == 2);
    CHECK(b.told[0].kind == event_kind::order_failed);
    CHECK(b.told[0].at_s);
    CHECK(b.told[0].fields ==
          nlohmann::json{
              {"order", 7}, {"stage", "fetch"}, {"kind", "rejected"}, {"attempt", 3}, {"reason", "answered 404"}});
    CHECK(b.told[1].fields["reason"] == "answered 410");
}

TEST_CASE("an order whose own reason is not known has that of the first that failed alike, or none", "[events]") {
    bench b;
    b.end(1, rejected);
    b.watch.look();
    b.record.findings().explain(stage::fetch, error_kind::rejected, [] { return std::string("answered 404"); });
    b.end(2, rejected);
    b.watch.look();
    REQUIRE(b.told.size() == 2);
    CHECK_FALSE(b.told[0].fields.contains("reason"));
    CHECK(b.told[1].fields["reason"] == "answered 404");
}

TEST_CASE("a reason is printable and short", "[events]") {
    bench b;
    const auto findings = b.record.findings();
    findings.explain(stage::fetch, error_kind::rejected, [] { return "\x1b[31m" + std::string(1000, 'x'); });
    findings.give_up(1, stage::fetch, error_kind::rejected);
    b.end(1, rejected);
    b.watch.finish();
    const auto reason = b.told.at(0).fields["reason"].get<std::string>();
    CHECK(reason.starts_with("\\x1b[31mxxx"));
    CHECK(reason.size() <= longest_order_reason + 3);
}

TEST_CASE("of orders beyond the limit only the number is told, at the end", "[events]") {
    bench b;
    for (order_id id = 1; id <= most_failed_orders + 234; ++id) b.end(id, rejected);
    b.watch.look();
    CHECK(b.told.size() == most_failed_orders);
    b.watch.finish();
    REQUIRE(b.told.size() == most_failed_orders + 1);
    CHECK(b.told.back().kind == event_kind::failures_left_out);
    CHECK(b.told.back().fields["orders"] == 234);
}

TEST_CASE("a dead letter has its own event, and an order that was turned away has none", "[events]") {
    bench b;
    b.end(1, {stage::schedule, error_kind::dead_letter, 0, 0});
    b.end(2, {stage::schedule, error_kind::overloaded, 0, 0});
    b.watch.finish();
    REQUIRE(b.told.size() == 1);
    CHECK(b.told[0].kind == event_kind::dead_letter);
    CHECK(b.told[0].fields == nlohmann::json{{"order", 1}});
}

TEST_CASE("redeliveries are counted since the last line, which comes at most ten times a second", "[events]") {
    bench b;
    for (const order_id id : {1U, 2U, 3U}) std::ignore = b.record.log().begin(id);
    const auto now = record_watch::clock::now();
    b.watch.look_when_due(now);
    for (const order_id id : {1U, 2U}) std::ignore = b.record.log().begin(id);
    b.watch.look_when_due(now + 99ms);
    CHECK(b.told.empty());
    b.watch.look_when_due(now + 100ms);
    std::ignore = b.record.log().begin(3);
    b.watch.look_when_due(now + 200ms);
    REQUIRE(b.told.size() == 2);
    CHECK(b.told[0].kind == event_kind::redelivery);
    CHECK(b.told[0].fields == nlohmann::json{{"orders", 2}, {"so_far", 2}});
    CHECK(b.told[1].fields == nlohmann::json{{"orders", 1}, {"so_far", 3}});
}

TEST_CASE("a worker process that dies and its replacement are told in order", "[events]") {
    bench b;
    b.record.processes().died(41, SIGKILL);
    b.record.processes().replaced_by(42);
    b.watch.look();
    b.watch.look();
    REQUIRE(b.told.size() == 2);
    CHECK(b.told[0].kind == event_kind::process_died);
    CHECK(b.told[0].fields == nlohmann::json{{"process", 41}, {"how", "killed by signal 9 (Killed)"}});
    CHECK(b.told[1].kind == event_kind::restart);
    CHECK(b.told[1].fields == nlohmann::json{{"what", "worker"}, {"process", 42}});
}

TEST_CASE("process changes beyond the limit are left out", "[events]") {
    bench b;
    for (std::size_t i = 0; i < most_process_changes + 10; ++i) b.record.processes().replaced_by(42);
    b.watch.finish();
    CHECK(b.told.size() == most_process_changes);
}

TEST_CASE("throttling lasts from the first 429 to the last before a pause", "[events]") {
    std::vector<event> told;
    const tell_event tell = [&](const event& e) { told.push_back(e); };
    throttling_watch watch;
    watch.look(0, 1s, tell);
    watch.look(3, 2s, tell);
    watch.look(3, 3s, tell);
    watch.look(8, 3500ms, tell);
    watch.look(8, 5s, tell);
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == event_kind::throttling_begins);
    CHECK(told[0].at_s == 2.0);
    CHECK(told[0].fields == nlohmann::json{{"requests", 3}});
    watch.look(8, 5500ms, tell);
    REQUIRE(told.size() == 2);
    CHECK(told[1].kind == event_kind::throttling_ends);
    CHECK(told[1].fields == nlohmann::json{{"from_s", 2.0}, {"to_s", 3.5}, {"requests", 8}});
    watch.look(9, 9s, tell);
    watch.finish(tell);
    watch.finish(tell);
    REQUIRE(told.size() == 4);
    CHECK(told[3].fields == nlohmann::json{{"from_s", 9.0}, {"to_s", 9.0}, {"requests", 1}});
}

TEST_CASE("requests that were answered with 429 are found in the record", "[events]") {
    bench b;
    b.record.findings().count_throttled();
    b.watch.finish();
    REQUIRE(b.told.size() == 2);
    CHECK(b.told[0].kind == event_kind::throttling_begins);
    CHECK(b.told[1].kind == event_kind::throttling_ends);
}
