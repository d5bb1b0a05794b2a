// Waiting for arrivals: on a loop and in a thread, and not at all in a closed run.
#include "concurrency/arrivals.hpp"

#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"
#include "contracts/arrival_schedule.hpp"
#include "contracts/recorder.hpp"

#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

/// Five orders.
struct source {
    explicit source(const char* rate) {
        work.orders = 5;
        if (*rate != '\0') work.arrive.rate = *parse_arrival_rate(rate);
        when.emplace(work);
        log.emplace(record.log(when->open() ? &*when : nullptr));
        orders.emplace(work, *when, *log, record.stop());
        record.start_clock();
    }
    workload work;
    recorder record = recorder::create(5);
    std::optional<arrival_schedule> when;
    std::optional<order_log> log;
    std::optional<order_source> orders;
};

using ids = std::vector<order_id>;

}  // namespace

TEST_CASE("in a closed run nobody paces, and nobody waits", "[arrivals]") {
    source s("");
    ids taken;
    run_event_loop([&]() -> task<> {
        async_arrivals arrivals(co_await asio::this_coro::executor, *s.orders);
        co_await arrivals.pace();  // ends although no order was taken
        while (const auto id = co_await arrivals.next()) taken.push_back(*id);
    });
    CHECK(taken == ids{1, 2, 3, 4, 5});
}

TEST_CASE("a taker on a loop gets each order when it arrives", "[arrivals]") {
    source s("200/s");
    ids taken;
    run_event_loop([&]() -> task<> {
        const auto loop = co_await asio::this_coro::executor;
        async_arrivals arrivals(loop, *s.orders);
        task_group tasks(loop);
        tasks.spawn(arrivals.pace());
        while (const auto id = co_await arrivals.next()) {
            CHECK(s.record.elapsed() >= s.when->at(*id));
            taken.push_back(*id);
        }
        co_await tasks.join();
    });
    CHECK(taken == ids{1, 2, 3, 4, 5});
}

TEST_CASE("orders arrive on a loop although nobody takes them", "[arrivals]") {
    source s("200/s");
    run_event_loop([&]() -> task<> {
        async_arrivals arrivals(co_await asio::this_coro::executor, *s.orders);
        co_await arrivals.pace();
    });
    CHECK(s.record.read().queued == 5);
}

TEST_CASE("a taker in a thread gets each order when it arrives", "[arrivals]") {
    source s("200/s");
    ids taken;
    while (const auto id = next_arrival(*s.orders)) {
        CHECK(s.record.elapsed() >= s.when->at(*id));
        taken.push_back(*id);
    }
    CHECK(taken == ids{1, 2, 3, 4, 5});
}

TEST_CASE("a stop request ends the wait for the next arrival", "[arrivals]") {
    source s("1/h");
    CHECK(next_arrival(*s.orders) == 1);
    s.record.request_stop();
    CHECK_FALSE(next_arrival(*s.orders));
}

TEST_CASE("a queue holds what has arrived: the usual number, or all of an open run", "[arrivals]") {
    CHECK(queue_capacity(*source("").orders, 3) == 3);
    CHECK(queue_capacity(*source("1/s").orders, 3) == 5);
}
