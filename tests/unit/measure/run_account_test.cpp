// The row of a run from prepared evidence. Every number of the table is computed by this code.
#include "measure/run_account.hpp"

#include "support/fake_run.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <thread>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// A run of ten orders, ten in flight, all stored at once, without simulated latency. Each test changes a part.
struct evidence {
    recorder record;
    run_observation seen;
    mock_api_process::usage api{{.known = true, .threads = 1}, 0};
    ledger_view ledger;
    std::string ledger_failure;
    fake_contestant who{"semaphore", {.in_flight = 10}};
    scenario trouble{"clean", "", {}, {}, {}, ""};
    workload work;
    build_info build{"1.0", "Release", "g++", ""};
    server_owner target = server_owner::pipebench, servers = server_owner::pipebench;
    bool signalled = false;
    double busy_limit = default_busy_limit;

    explicit evidence(recorder of = record_of(10, 10)) : record(std::move(of)) {
        work.orders = 10;
        work.http = {};
        work.db_latency = {};
    }
    [[nodiscard]] run_result row() const {
        return account_of({record, seen, api, {ledger, ledger_failure}}, {.who = who,
                                                                          .trouble = trouble,
                                                                          .work = work,
                                                                          .target = target,
                                                                          .servers = servers,
                                                                          .signalled = signalled,
                                                                          .cores = 2,
                                                                          .busy_limit = busy_limit,
                                                                          .build = build});
    }
};

/// Ten orders, one of which fails in each way.
recorder failing_record() {
    auto record = recorder::create(10);
    record.start_clock();
    for (order_id id = 1; id <= 4; ++id) record.log().end(record.log().begin(id), outcome{});
    record.log().end(record.log().begin(5), {stage::fetch, error_kind::timeout, 4, 0});
    record.log().end(record.log().begin(6), {stage::fetch, error_kind::timeout, 4, 0});
    record.log().end(record.log().begin(7), {stage::schedule, error_kind::dead_letter, 0, 0});
    record.stop_clock();
    return record;
}

void let_clock_reach(const recorder& record, std::chrono::nanoseconds time) {
    while (record.elapsed() < time) std::this_thread::yield();
}

/// Killed after half of its orders were stored; the rest is stored afterwards if `comes_back`.
recorder killed_record(bool comes_back = true) {
    auto record = recorder::create(10);
    record.start_clock();
    for (order_id id = 1; id <= 5; ++id) record.log().end(record.log().begin(id), outcome{});
    let_clock_reach(record, 1ms);
    record.mark_kill();
    let_clock_reach(record, record.killed_at() + 1ms);
    if (comes_back)
        for (order_id id = 6; id <= 10; ++id) record.log().end(record.log().begin(id), outcome{});
    record.stop_clock();
    return record;
}

}  // namespace

TEST_CASE("a row has the name of its contestant and of its scenario", "[account]") {
    evidence e;
    e.trouble.name = "flaky";
    const auto row = e.row();
    CHECK(row.pattern == "semaphore");
    CHECK(row.title == "semaphore");
    CHECK(row.scenario == "flaky");
    CHECK(row.verdict.text == "ok");
    CHECK(row.verdict.trusted());
}

TEST_CASE("each order is stored, failed, a dead letter or not started", "[account]") {
    evidence e(failing_record());
    const auto row = e.row();
    CHECK(row.orders == 10);
    CHECK(row.stored == 4);
    CHECK(row.failed == 2);
    CHECK(row.dead_lettered == 1);
    CHECK(row.not_started == 3);
    CHECK(row.http_attempts == 4 + 8);
    REQUIRE(row.failures.size() == 2);
    CHECK(row.failures[0].orders == 2);
    CHECK(row.failures[1].orders == 1);
    CHECK_THAT(row.orders_per_s, WithinRel(7 / row.time_s));
}

TEST_CASE("the floor follows from what the contestant has in flight, or says that it has", "[account]") {
    evidence e;
    e.work.http.mean = 5ms;
    e.work.db_latency = 2ms;
    const auto check = [&](std::uint64_t in_flight) {
        const auto row = e.row();
        CHECK(row.in_flight_limit == in_flight);
        CHECK_THAT(row.floor_s, WithinAbs(10 * 0.007 / static_cast<double>(in_flight), 1e-9));
        CHECK_THAT(row.efficiency, WithinRel(row.floor_s / row.time_s));
    };
    check(10);
    e.seen.in_flight_limit = 5;
    check(5);
    e.seen.in_flight_limit = 1000;  // more than the run has orders
    check(10);
}

TEST_CASE("a target of the user's has latencies of its own: only ours are in the floor", "[account]") {
    evidence e;
    e.work.http.mean = 5s;
    e.work.db_latency = 2ms;
    e.target = server_owner::user;
    CHECK_THAT(e.row().floor_s, WithinAbs(0.002, 1e-9));
}

TEST_CASE("a run that is faster than its floor is INVALID", "[account]") {
    evidence e;
    e.work.db_latency = 10s;
    const auto row = e.row();
    CHECK(row.time_s < row.floor_s);
    CHECK(row.verdict.text == "INVALID: below its floor");
}

TEST_CASE("floor and efficiency are those of the orders that were stored", "[account]") {
    evidence e(record_of(10, 4));
    e.work.http.mean = {};
    e.work.db_latency = 1ms;
    e.seen.in_flight_limit = 1;
    const auto row = e.row();
    CHECK_THAT(row.floor_s, WithinAbs(0.004, 1e-9));
    CHECK_THAT(row.efficiency, WithinRel(row.floor_s / row.time_s));
    CHECK(std::isnan(evidence(record_of(10, 0)).row().efficiency));
}

TEST_CASE("a failure is told with its first reason, and waits for connections with the longest", "[account]") {
    auto record = recorder::create(10);
    record.start_clock();
    record.findings().explain(stage::fetch, error_kind::rejected, [] { return std::string("answered 404"); });
    record.findings().count_connection_wait(300ms);
    record.log().end(record.log().begin(1), {stage::fetch, error_kind::rejected, 1, 0});
    record.stop_clock();
    const auto row = evidence(std::move(record)).row();
    REQUIRE(row.failures.size() == 1);
    CHECK(row.failures[0].reason == "answered 404");
    CHECK(row.connection_waits.count == 1);
    CHECK_THAT(row.connection_waits.longest_s, WithinRel(0.3));
}

TEST_CASE("an interrupted run is held to the floor of what it has done", "[account]") {
    evidence e(record_of(10, 4));
    e.signalled = true;
    e.work.db_latency = 1ms;
    e.seen.in_flight_limit = 1;
    e.seen.end.status = SIGKILL;
    const auto row = e.row();
    CHECK(row.interrupted);
    CHECK(row.not_started == 6);
    CHECK_THAT(row.floor_s, WithinAbs(0.004, 1e-9));
    CHECK(row.verdict.text == "interrupted after 4 of 10 orders");
}

TEST_CASE("only a run that ended well, by itself and in time is complete", "[account]") {
    const auto whole = record_of(10, 10), half = record_of(10, 5);
    run_observation seen;
    CHECK(extent_of(whole, seen, false) == run_extent::complete);
    CHECK(extent_of(whole, seen, true) == run_extent::complete);  // the signal came too late
    CHECK(extent_of(half, seen, true) == run_extent::cut_short);
    CHECK(extent_of(half, seen, false) == run_extent::complete);  // so missing orders are lost
    seen.out_of_time = true;
    CHECK(extent_of(whole, seen, false) == run_extent::cut_short);
    seen.out_of_time = false;
    seen.end.status = exit_with_2;
    CHECK(extent_of(whole, seen, false) == run_extent::cut_short);
}

TEST_CASE("how a run failed is its verdict", "[account]") {
    evidence e(record_of(10, 5));
    e.seen.end.status = exit_with_2;
    CHECK(e.row().verdict.text == "INVALID: it failed in 1 runs: exited with 2");
}

TEST_CASE("memory is the larger of what was sampled and what the run itself has seen", "[account]") {
    evidence e;
    e.seen.memory.peak_rss_bytes = 1000;
    e.seen.memory.peak_pss_bytes = 900;
    e.record.keep_peak_rss(1900);
    CHECK(e.row().memory.peak_rss_bytes == 1900);
    CHECK(e.row().memory.hwm_sum_bytes == 1900);
    CHECK(e.row().memory.peak_pss_bytes == 900);
    e.record.keep_peak_rss(5000);  // PSS was read when the run was small
    CHECK_FALSE(e.row().memory.peak_pss_bytes);
}

TEST_CASE("memory that nobody could read is not known", "[account]") {
    const auto memory = evidence().row().memory;
    CHECK_FALSE(memory.peak_rss_bytes);
    CHECK_FALSE(memory.peak_pss_bytes);
    CHECK_FALSE(memory.hwm_sum_bytes);
}

TEST_CASE("what cannot be known of a run in which no order ended is not 0", "[account]") {
    auto record = recorder::create(10);
    record.stop_clock();
    const auto row = evidence(std::move(record)).row();
    for (const double unknown : {row.cpu_per_order_us, row.cpu.box_share, row.orders_per_s, row.steal_share})
        CHECK(std::isnan(unknown));
}

TEST_CASE("a server that died unasked is the verdict, before the orders that failed for it", "[account]") {
    evidence e(failing_record());
    e.seen.server_failures = {"PostgreSQL crashed amid the run: PANIC", "the mock API died amid the run"};
    CHECK(e.row().verdict.kind == verdict_kind::invalid_death);
    CHECK(e.row().verdict.text == "INVALID: PostgreSQL crashed amid the run: PANIC; the mock API died amid the run");
    e.ledger.lost = 3;
    e.seen.misread_lines = "2 lines were not understood";
    CHECK(e.row().verdict.text == "INVALID: 3 lost; PostgreSQL crashed amid the run: PANIC; the mock API died amid "
                                  "the run; 2 lines were not understood");
}

TEST_CASE("CPU that a program used before it said that it starts is not the run's", "[account]") {
    evidence e;
    e.seen.end.usage.ru_utime = {2, 0};
    e.seen.end.usage.ru_stime = {1, 500'000};
    CHECK_THAT(e.row().cpu.total_s(), WithinAbs(3.5, 1e-9));
    CHECK_THAT(e.row().cpu_per_order_us, WithinRel(350'000.0));
    e.seen.cpu_before_start_s = 2.5;
    CHECK(e.row().cpu.user_s == 0);
    CHECK_THAT(e.row().cpu.system_s, WithinAbs(1, 1e-9));
    e.seen.cpu_before_start_s = 100;
    CHECK(e.row().cpu.total_s() == 0);
}

TEST_CASE("of the CPU of the mock API its own figure counts, of the others what was seen", "[account]") {
    evidence e;
    e.api.cpu_s = 3;
    e.seen.services = {{service::postgres, 2, 10}, {service::mock_api, 1, 20}};
    const auto row = e.row();
    CHECK(row.services[0].cpu_s == 2);
    CHECK(row.services[1].cpu_s == 3);
    CHECK(row.services[1].peak_pss_bytes == 20);
}

TEST_CASE("what others used of the box is what nobody of ours has used of it", "[account][busy]") {
    evidence e;
    e.seen.box = {.total_s = 10, .busy_s = 6, .steal_s = 0.5};
    e.seen.end.usage.ru_utime = {1, 0};
    e.seen.harness_cpu_s = 1;
    e.seen.services = {{service::postgres, 2, 0}};
    CHECK_THAT(e.row().foreign_share, WithinAbs(0.2, 1e-9));
    CHECK_THAT(e.row().steal_share, WithinAbs(0.05, 1e-9));
    e.seen.cpu_before_start_s = 1;  // still used by the run, not by foreign programs
    CHECK_THAT(e.row().foreign_share, WithinAbs(0.2, 1e-9));
    e.seen.box.busy_s = 1;
    CHECK(e.row().foreign_share == 0);
}

TEST_CASE("what others use of the box is not known where a server is the user's, and is never judged then",
          "[account][busy]") {
    evidence e;
    e.busy_limit = 0;
    e.seen.box = {.total_s = 10, .busy_s = 6, .steal_s = 0};
    e.servers = server_owner::user;
    CHECK(std::isnan(e.row().foreign_share));
    CHECK(e.row().verdict.trusted());
    e.servers = server_owner::pipebench;
    e.seen.services = {{service::postgres, std::nan(""), {}}};  // it died
    CHECK(std::isnan(e.row().foreign_share));
    e.seen.services.clear();
    e.seen.box.total_s = 0;
    CHECK(std::isnan(e.row().foreign_share));
}

TEST_CASE("what was seen and what was found go into the row as they are", "[account]") {
    evidence e;
    e.seen.notes = {"a note"};
    e.seen.in_flight = {3, 7.5};
    e.seen.series.t_s = {0.1, 0.2};
    e.api.seen.requests = 10;
    e.ledger.rows = 10;
    const auto row = e.row();
    CHECK(row.notes == std::vector<std::string>{"a note"});
    CHECK(row.in_flight.mean == 7.5);
    CHECK(row.series.t_s.size() == 2);
    CHECK(row.api.requests == 10);
    CHECK(row.ledger.rows == 10);
}

TEST_CASE("a ledger that could not be read is in the row with the reason", "[account]") {
    evidence e;
    e.ledger.checked = false;
    e.ledger_failure = "no answer within 30s";
    CHECK(e.row().verdict.text == "INVALID: the ledger could not be read: no answer within 30s");
    CHECK(e.row().stored == 10);
    e.record = record_of(10, 4);
    e.signalled = true;
    CHECK(e.row().verdict.text == "interrupted after 4 of 10 orders, and its ledger was not checked");
}

// --- recovery ---

TEST_CASE("where nothing was killed there is no recovery", "[account][chaos]") {
    const auto row = evidence().row();
    CHECK(row.recovery.killed == kill_target::none);
    CHECK(row.recovery.runs == 1);
    CHECK(row.recovery.at_s == 0);
    CHECK(row.recovery.api_calls_again == 0);
}

TEST_CASE("a recovery lasts from the kill to the next order that ends, and to the end of the run",
          "[account][chaos]") {
    evidence e(killed_record());
    e.seen.struck = kill_target::worker;
    const auto row = e.row();
    CHECK(row.recovery.killed == kill_target::worker);
    CHECK(row.recovery.at_s >= 0.001);
    CHECK(row.recovery.resumed_s >= 0.001);
    CHECK(row.recovery.drained_s >= row.recovery.resumed_s);
    CHECK_THAT(row.recovery.at_s + row.recovery.drained_s, WithinAbs(row.time_s, 1e-9));
}

TEST_CASE("a run that never resumes has no time for it", "[account][chaos]") {
    evidence e(killed_record(false));
    e.seen.struck = kill_target::run;
    CHECK(std::isnan(e.row().recovery.resumed_s));
}

TEST_CASE("a run that died without an incident was killed by itself", "[account][chaos]") {
    evidence e(killed_record());
    e.seen.runs = 3;
    CHECK(e.row().recovery.killed == kill_target::itself);
    CHECK(e.row().recovery.runs == 3);
}

TEST_CASE("calls are made again that the API has counted beyond those of each order's first end",
          "[account][chaos]") {
    evidence e(killed_record());
    e.seen.struck = kill_target::run;
    e.api.seen.requests = 15;
    CHECK(e.row().recovery.api_calls_again == 5);
    e.api.seen.requests = 8;  // some are counted by us that it had not read when it ended
    CHECK(e.row().recovery.api_calls_again == 0);
    e.api.seen.known = false;
    CHECK(std::isnan(e.row().recovery.api_calls_again));
}

TEST_CASE("calls made again are not known of a program that reports in lines, nor where an outage cuts requests off",
          "[account][chaos]") {
    evidence e;
    SECTION("a program") { e.who.how = order_reports::in_lines; }
    SECTION("an outage") { e.trouble.api.down.time = 1s; }
    CHECK(std::isnan(e.row().recovery.api_calls_again));
    e.seen.struck = kill_target::connections;
    CHECK(std::isnan(e.row().recovery.api_calls_again));
}

TEST_CASE("the lag of event loops and the waits for threads are known only where they were measured", "[account]") {
    evidence e;
    CHECK_FALSE(e.row().loop_lag);
    CHECK_FALSE(e.row().transform_pool);
    e.record.count_loop_lag(3ms);
    e.record.findings().count_transform_wait(2ms);
    e.record.findings().count_transform_wait(4ms);
    e.record.findings().count_transform_held_back();
    const auto row = e.row();
    REQUIRE(row.loop_lag);
    CHECK_THAT(row.loop_lag->max_ms, WithinAbs(3, 1e-9));
    REQUIRE(row.transform_pool);
    CHECK(row.transform_pool->transforms == 2);
    CHECK(row.transform_pool->held_back == 1);
    CHECK_THAT(row.transform_pool->wait.mean_ms, WithinAbs(3, 1e-9));
}

TEST_CASE("how long the stages took is known only where somebody tells it", "[account]") {
    evidence e;
    CHECK_FALSE(e.row().stages);
    e.record.findings().count_stage(stage::fetch, 100ms);
    e.record.findings().count_stage(stage::fetch, 102ms);
    const auto row = e.row();
    REQUIRE(row.stages);
    CHECK(row.stages->fetch.attempts == 2);
    CHECK_THAT(row.stages->fetch.duration.max_ms, WithinAbs(102, 1e-9));
    CHECK(row.stages->fetch.durations.counts == std::vector<std::uint64_t>{1, 1});
    CHECK(row.stages->store.attempts == 0);
    CHECK(std::isnan(row.stages->store.duration.p50_ms));
}

TEST_CASE("the CPU cost of the transform is in the floor, and in the load that is expected", "[account]") {
    evidence e;
    e.work.transform_cost.mean = 5ms;
    CHECK_THAT(e.row().floor_s, WithinRel(0.025, 1e-9));  // ten orders on two cores
    CHECK_THAT(expected_of(e.who, e.work, server_owner::pipebench).service_s, WithinRel(0.005, 1e-9));
}

// --- a program under open load ---

namespace {

recorder record_of_10_ms() {
    auto record = recorder::create(10);
    record.expect_arrivals(0ns, 10ms, {});
    record.start_clock();
    let_clock_reach(record, 10ms);
    for (order_id id = 1; id <= 10; ++id) record.log().end(record.log().begin(id), outcome{});
    record.stop_clock();
    return record;
}

/// Ten orders at 1,000/s that a program does, and of which it says when they were stored.
struct told_by_a_program : evidence {
    told_by_a_program() : evidence(record_of_10_ms()) {
        who.how = order_reports::in_lines;
        work.arrive.rate = {1000, 1s};
        seen.told_stored = 10;
    }
};

}  // namespace

TEST_CASE("a program that tells the times of its orders has a row like a pattern's", "[account][open]") {
    told_by_a_program e;
    CHECK(e.row().verdict.trusted());
    e.seen.in_flight_limit = 3;
    CHECK(e.row().in_flight_limit == 3);
}

TEST_CASE("the queue of a program that does not tell begins is not known, and its growth is", "[account][open]") {
    told_by_a_program e;
    for (int ms = 0; ms <= 10; ++ms) {
        e.seen.series.t_s.push_back(ms / 1e3);
        e.seen.series.queued.push_back(std::numeric_limits<double>::quiet_NaN());
        e.seen.not_ended.push_back(ms);
    }
    const auto load = e.row().load.value();
    CHECK(std::isnan(load.queue_mean));
    CHECK(std::isnan(load.queue_peak));
    CHECK_THAT(load.queue_growth_per_s, WithinRel(1000, 1e-6));
}

TEST_CASE("orders of a program that arrive after they were done, or of which it said nothing, make its row INVALID",
          "[account][open]") {
    told_by_a_program early, silent;
    early.seen.too_early = 2;
    CHECK(early.row().verdict.text ==
          "INVALID: 2 orders were begun or done before they arrived: keep to PIPEBENCH_SCHEDULE");
    silent.seen.told_stored = 7;
    CHECK(silent.row().verdict.text ==
          "INVALID: it did not say when 3 orders were stored: print 'stored ID' for each, and flush it");
    silent.seen.asked_to_end = true;  // between the write and its line
    CHECK(silent.row().verdict.trusted());
}

TEST_CASE("a program that is ended after the drain has ended as planned, and a deaf one has not", "[account][open]") {
    told_by_a_program e;
    e.seen.asked_to_end = true;
    e.seen.end.status = SIGTERM;
    CHECK(e.row().verdict.kind != verdict_kind::invalid_death);
    e.seen.end.status = 143 << 8;
    CHECK(e.row().verdict.kind != verdict_kind::invalid_death);
    e.seen.end.status = SIGKILL;
    CHECK(e.row().verdict.kind == verdict_kind::invalid_death);
}
