// Orders over a real Redis: a producer, consumers, and what becomes of what a consumer leaves behind.
#include "concurrency/order_stream.hpp"

#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"
#include "support/command.hpp"
#include "support/services.hpp"

#include <sys/socket.h>

#include <boost/asio/this_coro.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr outcome stored{stage::store, error_kind::none, 1, 1};
const std::atomic<bool> nobody_stops = false;

// Never co_await inside CHECK: g++ 12 does it twice there (Catch2 names the expression twice).

/// A stream with its group and orders 1..n in it.
struct stream {
    addresses where{{}, {}, redis(), {}, {}, new_stream()};
    order_producer producer;

    explicit stream(std::uint64_t orders) : producer((create_order_stream(where), where), orders) {
        producer.add_all(stop_flag(nobody_stops));
    }
    [[nodiscard]] bool all_results_in() {
        return comes_true([&] {
            producer.read_results();
            return producer.all_results_in();
        });
    }
    [[nodiscard]] std::int64_t pending() const {
        const order_stream_keys keys(where.stream);
        redis_client client(parse_redis_address(redis()), 5s);
        return client.command({"XPENDING", keys.orders, keys.group})->element[0]->integer;
    }
};

/// Runs `body` as one process of consumers would.
void with_consumers(const stream& s, const std::function<task<>(stream_consumers&)>& body) {
    run_event_loop([&]() -> task<> {
        stream_consumers all(co_await asio::this_coro::executor, s.where, 5s);
        co_await body(all);
        all.close();
    });
}

std::vector<order_id> ids_of(const std::vector<stream_order>& orders) {
    std::vector<order_id> out;
    for (const auto& o : orders) out.push_back(o.id);
    return out;
}

/// Exactly the orders first..last. (g++ 12 cannot build a list of them inside a coroutine.)
bool are(const std::vector<stream_order>& orders, order_id first, order_id last) {
    std::vector<order_id> wanted;
    for (order_id id = first; id <= last; ++id) wanted.push_back(id);
    return ids_of(orders) == wanted;
}

void settle(std::vector<stream_order>& orders) {
    for (auto& o : orders) o.result = stored;
}

std::array<message_channel, 2> channel_pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {message_channel(descriptor(ends[0])), message_channel(descriptor(ends[1]))};
}

}  // namespace

TEST_CASE("orders go through the stream in their order, and their results come back", "[stream]") {
    stream s(2500);  // more than one chunk
    std::vector<order_id> seen;
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = co_await all.join();
        while (seen.size() < 2500) {
            auto batch = co_await consumer.read(700, 1s);
            for (const auto id : ids_of(batch)) seen.push_back(id);
            settle(batch);
            co_await consumer.acknowledge(batch);
        }
        const auto nothing_more = co_await consumer.read(10, 1ms);
        CHECK(nothing_more.empty());
    });
    for (order_id id = 1; id <= 2500; ++id) CHECK(seen.at(id - 1) == id);
    CHECK(s.all_results_in());
    CHECK(s.pending() == 0);
}

TEST_CASE("two consumers share the orders, and none gets what the other has", "[stream]") {
    stream s(10);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& one = co_await all.join();
        stream_consumer& other = co_await all.join();
        const auto first = co_await one.read(6, 1s);
        const auto rest = co_await other.read(6, 1s);
        CHECK(are(first, 1, 6));
        CHECK(are(rest, 7, 10));
    });
}

TEST_CASE("an order without a result stays pending, and gives none", "[stream]") {
    stream s(3);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& consumer = co_await all.join();
        auto batch = co_await consumer.read(3, 1s);
        batch.at(0).result = batch.at(2).result = stored;
        co_await consumer.acknowledge(batch);
    });
    CHECK(s.pending() == 1);
    s.producer.read_results();
    CHECK_FALSE(s.producer.all_results_in());
}

TEST_CASE("orders of a consumer that vanished are taken over once the lease has passed", "[stream]") {
    stream s(5);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& short_lived = co_await all.join();
        const auto taken = co_await short_lived.read(5, 1s);
        CHECK(are(taken, 1, 5));
    });
    REQUIRE(s.pending() == 5);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& heir = co_await all.join();
        auto taken = co_await heir.claim(5, 1h);
        CHECK(taken.empty());  // the lease still runs
        const auto deadline = steady::now() + patience;
        while (taken.size() < 5 && steady::now() < deadline)
            for (auto& order : co_await heir.claim(5, 50ms)) taken.push_back(std::move(order));
        CHECK(are(taken, 1, 5));
        settle(taken);
        co_await heir.acknowledge(taken);
    });
    CHECK(s.pending() == 0);
    CHECK(s.all_results_in());
}

TEST_CASE("orders in hand in the same process are not taken over, however slow they are", "[stream]") {
    stream s(2);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& slow = co_await all.join();
        stream_consumer& heir = co_await all.join();
        auto batch = co_await slow.read(2, 1s);
        REQUIRE(batch.size() == 2);
        const bool slept = co_await heir.sleep(20ms);
        const auto claimed = co_await heir.claim(2, 10ms);
        CHECK(slept);
        CHECK(claimed.empty());
        settle(batch);
        co_await slow.acknowledge(batch);
    });
    CHECK(s.pending() == 0);
}

TEST_CASE("a reader that waits is woken at once when its consumers close", "[stream]") {
    stream s(1);
    const auto began = steady::now();
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& reader = co_await all.join();
        const auto only = co_await reader.read(1, 1s);
        CHECK(are(only, 1, 1));
        auto [parent, worker] = channel_pair();
        task_group group(co_await asio::this_coro::executor);
        group.spawn([](stream_consumer& waiting) -> task<> {
            const auto woken_with = co_await waiting.read(1, patience);
            const bool slept = co_await waiting.sleep(patience);
            CHECK(woken_with.empty());
            CHECK_FALSE(slept);
        }(reader));
        group.spawn([](stream_consumers& these, message_channel& end) -> task<> {
            co_await these.close_with(end);
        }(all, worker));
        timer a_moment(co_await asio::this_coro::executor,
                       10ms);  // the reader blocks by then, or will find it closed
        co_await a_moment.async_wait(use_task);
        parent.close();
        co_await group.join();
        CHECK(reader.closed());
    });
    CHECK(steady::now() - began < patience);
}
