// Where patterns get their orders from: due ones only, each once, and what happens when the queue is full.
#include "pipebench/order_source.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <numeric>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

/// Everything has arrived long ago, or nothing but the first order will arrive soon.
enum class pace : std::uint8_t { past, future };

struct source_of_ten {
    explicit source_of_ten(pace p, std::uint64_t queue_limit = 0, when_full full = when_full::shed) {
        work.orders = 10;
        work.arrive.rate = p == pace::past ? arrival_rate{1'000'000, 1s} : arrival_rate{1, 1h};
        work.arrive.queue_limit = queue_limit;
        work.arrive.full = full;
        record.start_clock();
        while (p == pace::past && record.elapsed() < 1ms) {
        }
    }
    workload work;
    recorder record = recorder::create(10);
    std::optional<arrival_schedule> when{};
    std::optional<order_log> log{};
    std::optional<order_source> orders{};
    order_source& source() {
        if (!orders) {
            when.emplace(work);
            log.emplace(record.log(&*when));
            orders.emplace(work, *when, *log, record.stop());
        }
        return *orders;
    }
    std::vector<order_id> take_all() {
        std::vector<order_id> out;
        while (const auto id = source().take()) out.push_back(*id);
        return out;
    }
};

using ids = std::vector<order_id>;

}  // namespace

TEST_CASE("in a closed run the next order is always there", "[order_source]") {
    source_of_ten s(pace::past);
    s.work.arrive = {};
    CHECK(s.take_all() == ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    CHECK(s.source().all_taken());
    CHECK(s.source().until_next() == 0ns);
}

TEST_CASE("an order is there once it has arrived, and not before", "[order_source]") {
    source_of_ten s(pace::future);
    CHECK_FALSE(s.source().take());
    s.source().admit();
    CHECK(s.take_all() == ids{1});
    CHECK_FALSE(s.source().all_arrived());
    CHECK(s.source().until_next() == order_source::longest_sleep);  // so that a stop request is seen
}

TEST_CASE("orders that have arrived wait, in their order, and count as queued until they begin", "[order_source]") {
    source_of_ten s(pace::past);
    s.source().admit();
    CHECK(s.source().all_arrived());
    CHECK_FALSE(s.source().all_taken());
    CHECK(s.record.read().queued == 10);
    CHECK(s.source().take() == 1);
    CHECK(s.record.read().queued == 10);
    const auto ticket = s.log->begin(1);
    CHECK(s.record.read().queued == 9);
    CHECK(ticket.arrived == s.log->started());
    CHECK(s.take_all() == ids{2, 3, 4, 5, 6, 7, 8, 9, 10});
    CHECK(s.source().all_taken());
}

TEST_CASE("an order that finds the queue full is turned away, which is its outcome", "[order_source]") {
    source_of_ten s(pace::past, 3);
    s.source().admit();
    s.source().admit();  // those that the first call let arrive could have been taken
    CHECK(s.take_all() == ids{1, 2, 3});
    const auto p = s.record.read();
    CHECK(p.failures[static_cast<std::size_t>(stage::schedule)][static_cast<std::size_t>(error_kind::overloaded)] ==
          7);
    CHECK(p.queued == 3);
    CHECK(p.ended() == 7);
    CHECK(s.source().all_taken());
}

TEST_CASE("an order that is held back arrives when the queue has room again", "[order_source]") {
    source_of_ten s(pace::past, 3, when_full::wait);
    s.source().admit();
    CHECK(s.take_all() == ids{1, 2, 3});
    CHECK_FALSE(s.source().all_arrived());
    const auto ticket = s.log->begin(1);
    s.log->end(ticket, {});
    s.source().admit();
    CHECK(s.take_all() == ids{4});
    CHECK(s.record.read().failed == 0);
    CHECK(s.source().until_next() <= order_source::full_queue_pause);
}

TEST_CASE("an order that ended before a restart does not arrive again", "[order_source]") {
    source_of_ten s(pace::past);
    s.record.log().end(s.record.log().begin(1), {});
    s.record.log().end(s.record.log().begin(3), {});
    s.source().admit();
    CHECK(s.take_all() == ids{2, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("after a stop request no order arrives and none is given", "[order_source]") {
    source_of_ten s(pace::past);
    s.source().admit();
    s.record.request_stop();
    CHECK_FALSE(s.source().take());
    CHECK(s.source().all_taken());
}

TEST_CASE("latencies of an open run count from the arrival", "[order_source]") {
    source_of_ten s(pace::past);
    s.record.expect_arrivals(0ns, 1h, {{0.99, 1us}, {0.99, 1h}});
    s.source().admit();
    while (s.record.elapsed() < 5ms) {
    }
    const auto ticket = s.log->begin(*s.source().take());
    s.log->end(ticket, {});
    CHECK(s.record.wait().sum >= 4ms);
    CHECK(s.record.response().sum >= s.record.wait().sum);
    CHECK(s.record.service().sum < s.record.response().sum);
    CHECK(s.record.on_time(0) == 0);
    CHECK(s.record.on_time(1) == 1);
    CHECK(s.record.stored_in_window() == 1);
}

TEST_CASE("an order that failed has a wait, and no response", "[order_source]") {
    source_of_ten s(pace::past);
    s.record.expect_arrivals(0ns, 1h, {{0.99, 1h}});
    s.source().admit();
    const auto ticket = s.log->begin(*s.source().take());
    s.log->end(ticket, {stage::fetch, error_kind::timeout});
    CHECK(s.record.wait().max > 0ns);
    CHECK(s.record.response().max == 0ns);
    CHECK(s.record.on_time(0) == 0);
}

TEST_CASE("orders of the warm-up are in no distribution", "[order_source]") {
    source_of_ten s(pace::past);
    s.record.expect_arrivals(5us, 1h, {{0.99, 1h}});  // the sixth order arrives at 5 us
    s.source().admit();
    while (const auto id = s.source().take()) s.log->end(s.log->begin(*id), {});
    CHECK(s.record.read().stored == 10);
    const auto counted = [](const latency_counts& all) { return std::reduce(all.bins.begin(), all.bins.end()); };
    CHECK(counted(s.record.response()) == 5);
    CHECK(counted(s.record.wait()) == 5);
    CHECK(counted(s.record.lateness()) == 5);
    CHECK(s.record.on_time(0) == 5);
}
