// The contract of every pattern in the table. Each pattern runs in its own process as in a session, with a real
// PostgreSQL, a real Redis and the mock API. The tests walk the table, so they include each new pattern.
#include "measure/histogram.hpp"
#include "measure/ledger.hpp"
#include "measure/pattern_contestant.hpp"
#include "measure/run_process.hpp"
#include "mock_api/order_book.hpp"
#include "pipebench/pattern.hpp"
#include "pipeline/transform.hpp"
#include "pipeline/transform_work.hpp"
#include "services/mock_api_process.hpp"
#include "support/command.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

workload small_work(std::uint64_t orders) {
    workload w;
    w.orders = orders;
    w.http.mean = 10ms;
    w.db_latency = 5ms;
    w.db_connections = 2;
    w.permits = w.threads = w.pool_processes = 4;
    w.streams.workers = 4;
    w.streams.processes = 2;
    w.streams.batch = 2;
    w.streams.block = 100ms;
    return w;
}

struct observed {
    run_observation run;
    progress counted;
    latency_counts wait, service, lateness, fetches, transforms, stores;
    std::uint64_t transforms_on_threads = 0;
    std::chrono::nanoseconds time{};
    bool clock_stopped = false;
    ledger_view ledger;
    std::vector<process> left_alive;
};

struct circumstances {
    std::string target;
    std::uint64_t stop_after = 0;  ///< orders ended; 0: let it finish
    run_extent extent = run_extent::complete;
};

const double rounds_per_us = calibrate_transform_work();

observed observe(const pattern& p, const workload& work, const circumstances& c) {
    const auto table = new_table();
    const pattern_contestant who(p, PIPEBENCH_BINARY);
    run_request request{
        .who = who, .spec = {std::string(p.id), work, addresses_for(c.target, table)}, .grace = test::patience};
    request.spec.transform_rounds_per_us = rounds_per_us;
    if (p.needs_at(work).redis) {
        request.spec.where.redis = redis();
        request.spec.where.stream = new_stream();
    }
    adopt_orphans();
    const auto before = children();
    signal_watch signals;
    auto record = recorder::create(work.orders);
    bool asked = false;
    observed out;
    out.run = observe_run(request, record, signals, [&](const recorder& r, const run_glance&) {
        if (asked || c.stop_after == 0 || r.read().ended() < c.stop_after) return;
        asked = true;
        ::raise(SIGINT);
    });
    signals.poll();  // a signal after the run must not end the test
    out.left_alive = children();
    std::erase_if(out.left_alive, [&](const process& q) { return std::ranges::find(before, q) != before.end(); });
    out.counted = record.read();
    out.wait = record.wait();
    out.service = record.service();
    out.lateness = record.lateness();
    out.fetches = record.stage_duration(stage::fetch);
    out.transforms = record.stage_duration(stage::transform);
    out.stores = record.stage_duration(stage::store);
    out.transforms_on_threads = total_of(record.transform_wait());
    out.time = record.elapsed();
    out.clock_stopped = record.clock_stopped();
    postgres_client server(postgres(), {});
    out.ledger = check_ledger({server, table, record, c.extent,
                               [&](order_id id) { return transform(make_order(id, work.seed)); },
                               transform_work(work, rounds_per_us)});
    return out;
}

void check_that_it_ended_well(const observed& seen) {
    CAPTURE(seen.run.notes);  // the report of a sanitizer, too
    CHECK(seen.run.end.describe() == "exited with 0");
    CHECK(seen.run.notes.empty());
    CHECK(seen.clock_stopped);
    CHECK(seen.counted.in_flight() == 0);
    CHECK(seen.left_alive.empty());
    CHECK(seen.ledger.balanced());
    CHECK(seen.ledger.content_checked);
}

workload open_work(const char* rate, std::uint64_t orders) {
    auto w = small_work(orders);
    w.arrive.rate = *parse_arrival_rate(rate);
    return w;
}

std::uint64_t shed_in(const progress& p) {
    return p.failures[static_cast<int>(stage::schedule)][static_cast<int>(error_kind::overloaded)];
}

void for_each_pattern(const std::function<void(const pattern&)>& check) {
    REQUIRE_FALSE(patterns().empty());
    for (const pattern& p : patterns()) DYNAMIC_SECTION(p.id) {
            check(p);
        }
}

const pattern& redis_streams_pattern() {
    const auto p = std::ranges::find(patterns(), "redis-streams", &pattern::id);
    REQUIRE(p != patterns().end());
    return *p;
}

}  // namespace

TEST_CASE("the table of patterns names each by a word of its own", "[pattern]") {
    std::set<std::string_view> ids;
    REQUIRE(patterns().size() >= 5);
    for (const pattern& p : patterns()) {
        CHECK(ids.insert(p.id).second);
        CHECK_FALSE(p.id.empty());
        CHECK(p.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        CHECK_FALSE(p.title.empty());
        CHECK_FALSE(p.summary.empty());
    }
}

TEST_CASE("a pattern delivers each order exactly once, and leaves nothing alive", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = small_work(120);
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 120);
        CHECK(seen.counted.repeated == 0);
        CHECK(seen.ledger.rows == 120);
        CHECK(seen.ledger.redelivered == 0);
        CHECK(api.stop().seen.requests == 120);
    });
}

TEST_CASE("a pattern tells how long each attempt at each stage took, from whichever process", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = small_work(60);
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(total_of(seen.fetches) == seen.counted.http_attempts);
        CHECK(total_of(seen.transforms) == 60);
        CHECK(total_of(seen.stores) == seen.counted.store_attempts);
        CHECK(percentile_ms(seen.fetches.bins, 0.01) >= 10);  // the simulated latency
        // The simulated latency of the database is in no stage.
        CHECK(seen.fetches.sum + seen.transforms.sum + seen.stores.sum + 60 * 5ms <= seen.service.sum);
    });
}

TEST_CASE("a pattern spends the CPU work of each transform, on its loop, or on threads or in processes beside it",
          "[pattern][transform-cost]") {
    for (const transform_place where : {transform_place{}, transform_place{2}, transform_place{2, true}})
        DYNAMIC_SECTION(format_transform_place(where)) {
            auto work = small_work(40);
            work.transform_cost = {std::chrono::milliseconds(2), 0.5};
            work.transform_on = where;
            for_each_pattern([&](const pattern& p) {
                mock_api_process api(PIPEBENCH_BINARY, work, "");
                const auto seen = observe(p, work, {api.url()});
                check_that_it_ended_well(seen);
                CHECK(seen.counted.stored == 40);
                const bool beside = where.threads > 0 && p.needs_at(work).event_loops;
                CHECK(seen.transforms_on_threads == (beside ? 40 : 0));
            });
        }
}

TEST_CASE("redis-streams keeps its leases while transforms keep its loops busy", "[pattern][transform-cost]") {
    auto work = small_work(60);
    work.transform_cost = {50ms, 0};
    work.streams.batch = 5;
    work.streams.lease = 500ms;
    mock_api_process api(PIPEBENCH_BINARY, work, "");
    const auto seen = observe(redis_streams_pattern(), work, {api.url()});
    check_that_it_ended_well(seen);
    CHECK(seen.counted.repeated == 0);
    CHECK(seen.ledger.redelivered == 0);
    CHECK(seen.ledger.rows == 60);
}

TEST_CASE("redis-streams that has renewed its leases ends with its work, and not with a limit", "[pattern]") {
    auto work = small_work(60);
    work.http.mean = 100ms;
    work.streams.lease = 150ms;
    work.limits = {60s, 60s};
    mock_api_process api(PIPEBENCH_BINARY, work, "");
    const auto seen = observe(redis_streams_pattern(), work, {api.url()});
    check_that_it_ended_well(seen);
    CHECK(seen.counted.stored == 60);
    CHECK(seen.time < 30s);
}

TEST_CASE("a pattern delivers a single order", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = small_work(1);
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 1);
    });
}

TEST_CASE("a pattern never has more orders in flight than it says, as the API counts them", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        for (const unsigned bound : {1u, 3u}) {
            auto work = small_work(30);
            work.db_latency = {};  // so that orders in flight are at the API
            work.permits = work.threads = work.pool_processes = work.streams.workers = bound;
            work.streams.processes = std::min(bound, 2u);
            work.streams.batch = bound == 1 ? 4 : 2;
            work.streams.mode = bound == 1 ? batch_mode::one_by_one : batch_mode::together;
            mock_api_process api(PIPEBENCH_BINARY, work, "");
            const auto seen = observe(p, work, {api.url()});
            const auto account = api.stop();
            INFO("bound " << bound);
            check_that_it_ended_well(seen);
            REQUIRE(account.seen.known);
            CHECK(account.seen.peak_concurrent >= 1);
            CHECK(account.seen.peak_concurrent <= p.needs_at(work).in_flight);
        }
    });
}

TEST_CASE("a pattern counts every order of an API that nobody serves as failed", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        auto work = small_work(40);
        work.retry.attempts = 1;
        const auto seen = observe(p, work, {closed_port_url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.failed == 40);
        CHECK(seen.counted.failures[static_cast<int>(stage::fetch)][static_cast<int>(error_kind::connect)] == 40);
        CHECK(seen.ledger.rows == 0);
    });
}

TEST_CASE("a pattern tries an order again that the API refused, and counts the attempts", "[pattern]") {
    const scripted_server broken([](auto& client) {
        while (client.request()) client.send(answer("500 Internal Server Error", ""));
    });
    for_each_pattern([&](const pattern& p) {
        auto work = small_work(20);
        work.retry = {2, 1ms, 2ms};
        const auto seen = observe(p, work, {broken.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.failed == 20);
        CHECK(seen.counted.failures[static_cast<int>(stage::fetch)][static_cast<int>(error_kind::server_error)] ==
              20);
        CHECK(seen.counted.http_attempts == 40);
        CHECK(seen.ledger.rows == 0);
    });
}

TEST_CASE("a pattern that is asked to stop ends what it has begun, and loses nothing", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        auto work = small_work(4000);
        if (p.needs_at(work).in_flight >= work.orders) work.orders = 200;  // unbounded: all have begun at once
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto began = std::chrono::steady_clock::now();
        const auto seen = observe(p, work, {api.url(), 10, run_extent::cut_short});
        check_that_it_ended_well(seen);
        CHECK(std::chrono::steady_clock::now() - began < test::patience);
        CHECK(seen.ledger.rows == seen.counted.stored);
        if (p.needs_at(work).in_flight < work.orders) CHECK(seen.counted.ended() < work.orders);
    });
}

TEST_CASE("in an open run every order arrives once, and none before its time", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = open_work("200/s", 100);
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 100);
        CHECK(seen.ledger.redelivered == 0);
        CHECK(api.stop().seen.requests == 100);
        CHECK(total_of(seen.lateness) == 100);
        CHECK(total_of(seen.wait) == 100);
        CHECK(seen.time >= 495ms);  // when the last one arrives
    });
}

TEST_CASE("orders that arrive faster than a pattern can do wait, and their waits count", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = open_work("4k/s", 200);  // 4 in flight, 15 ms each: 267/s
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 200);
        CHECK(seen.counted.queued == 0);
        if (p.needs_at(work).bounds_in_flight) CHECK(seen.wait.max > seen.service.max);
    });
}

TEST_CASE("an order that finds the queue of a pattern full is shed, and every order has an outcome", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        auto work = open_work("4k/s", 200);
        work.arrive.queue_limit = 5;
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        const auto shed = shed_in(seen.counted);
        CHECK(seen.counted.stored + shed == 200);
        CHECK(seen.counted.failed == shed);
        CHECK(seen.ledger.rows == seen.counted.stored);
        CHECK(api.stop().seen.requests == seen.counted.stored);
        if (p.needs_at(work).bounds_in_flight) CHECK(shed > 0);
        else CHECK(shed == 0);
    });
}

TEST_CASE("a full queue can hold its source back instead: every order is stored", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        auto work = open_work("4k/s", 100);
        work.arrive.queue_limit = 3;
        work.arrive.full = when_full::wait;
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 100);
    });
}

TEST_CASE("a burst is delivered, whatever its size", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        auto work = open_work("400/s", 80);
        work.arrive.process = {arrival_process::kind::burst, 40};
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url()});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 80);
    });
}

TEST_CASE("a pattern that waits for the next arrival can be asked to stop", "[pattern]") {
    for_each_pattern([](const pattern& p) {
        const auto work = open_work("1/h", 2);
        mock_api_process api(PIPEBENCH_BINARY, work, "");
        const auto seen = observe(p, work, {api.url(), 1, run_extent::cut_short});
        check_that_it_ended_well(seen);
        CHECK(seen.counted.stored == 1);
        CHECK(seen.time < test::patience);
    });
}
