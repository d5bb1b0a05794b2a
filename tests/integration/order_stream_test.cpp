// Orders over a real Redis: a producer, consumers, and results.
#include "concurrency/task_group.hpp"
#include "support/order_stream.hpp"

#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// Never co_await inside CHECK: g++ 12 evaluates it twice there, because Catch2 names the expression twice.

namespace {

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
        stream_consumer& consumer = all.add_consumer();
        while (seen.size() < 2500) {
            auto batch = co_await consumer.read(700, 1s);
            for (const auto& order : batch) seen.push_back(order.id);
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
        stream_consumer& one = all.add_consumer();
        stream_consumer& other = all.add_consumer();
        const auto first = co_await one.read(6, 1s);
        const auto rest = co_await other.read(6, 1s);
        CHECK(are(first, 1, 6));
        CHECK(are(rest, 7, 10));
    });
}

TEST_CASE("an order without a result stays pending, and gives none", "[stream]") {
    stream s(3);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(3, 1s);
        batch.at(0).result = batch.at(2).result = stored;
        co_await consumer.acknowledge(batch);
    });
    CHECK(s.pending() == 1);
    s.producer.read_results();
    CHECK_FALSE(s.producer.all_results_in());
}

TEST_CASE("a reader that waits is woken at once when its consumers close", "[stream]") {
    stream s(1);
    const auto began = steady::now();
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& reader = all.add_consumer();
        const auto only = co_await reader.read(1, 1s);
        CHECK(are(only, 1, 1));
        auto [parent, worker] = channel_pair();
        task_group group(co_await asio::this_coro::executor);
        group.spawn([](stream_consumer& waiting) -> task<> {
            const auto woken_with = co_await waiting.read(1, test::patience);
            const bool slept = co_await waiting.sleep(test::patience);
            CHECK(woken_with.empty());
            CHECK_FALSE(slept);
        }(reader));
        group.spawn([](stream_consumers& these, message_channel& end) -> task<> {
            co_await these.close_with(end);
        }(all, worker));
        timer a_moment(co_await asio::this_coro::executor,
                       10ms);  // the reader blocks by then, or finds it closed later
        co_await a_moment.async_wait(use_task);
        parent.close();
        co_await group.join();
        CHECK(reader.closed());
    });
    CHECK(steady::now() - began < test::patience);
}

TEST_CASE("a run that was killed and started again finds its stream, and adds nothing twice", "[stream]") {
    stream s(2500);  // more than two pages
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(10, 1s);
        settle(batch);
        co_await consumer.acknowledge(batch);
    });
    CHECK_NOTHROW(s.handle.create(s.limits()));
    order_producer second(s.handle, s.settings(2500));
    second.add_all();
    CHECK(s.length() == 2500);
    CHECK(s.notes.empty());
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        for (;;) {
            auto batch = co_await consumer.read(1000, 1ms);
            if (batch.empty()) break;
            settle(batch);
            co_await consumer.acknowledge(batch);
        }
    });
    CHECK(comes_true([&] {
        second.read_results();
        return second.all_results_in();
    }));
}

TEST_CASE("an entry without an order is acknowledged and dropped", "[stream]") {
    stream s(1);
    static_cast<void>(s.ask({"XADD", s.keys.orders, "*", "greeting", "hello"}));
    with_consumers(s, [](stream_consumers& all) -> task<> {
        const auto batch = co_await all.add_consumer().read(10, 1s);
        CHECK(are(batch, 1, 1));
    });
    CHECK(s.pending() == 1);
}

// --- acknowledging and reading in one call ---

TEST_CASE("what is done is acknowledged with the read of the next", "[stream]") {
    stream s(4);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(2, 1s);
        CHECK(are(batch, 1, 2));
        settle(batch);
        batch = co_await consumer.acknowledge_and_read(std::move(batch), 2, 1s);
        CHECK(are(batch, 3, 4));
        CHECK(s.pending() == 2);
        CHECK(s.results() == 2);
        settle(batch);
        batch = co_await consumer.acknowledge_and_read(std::move(batch), 2, 1ms);
        CHECK(batch.empty());
    });
    CHECK(s.pending() == 0);
    CHECK(s.results() == 4);
    CHECK(s.all_results_in());
}

TEST_CASE("an order without a result stays pending beside those that are acknowledged", "[stream]") {
    stream s(4);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(3, 1s);
        CHECK(are(batch, 1, 3));
        batch.at(0).result = batch.at(2).result = stored;
        batch = co_await consumer.acknowledge_and_read(std::move(batch), 3, 1s);
        CHECK(are(batch, 4, 4));
    });
    CHECK(s.pending() == 2);  // the second, and the fourth
    CHECK(s.results() == 2);
}

TEST_CASE("with nothing done, acknowledging and reading is to read", "[stream]") {
    stream s(1);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        std::vector<stream_order> nothing;
        const auto batch = co_await all.add_consumer().acknowledge_and_read(std::move(nothing), 5, 1s);
        CHECK(are(batch, 1, 1));
    });
    CHECK(s.pending() == 1);
    CHECK(s.results() == 0);
}

TEST_CASE("what is done is acknowledged at once, although the read that goes with it waits", "[stream]") {
    stream s(2);
    bool acknowledged = false;
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(2, 1s);
        settle(batch);
        const executor loop = co_await asio::this_coro::executor;
        bool is_reading = true;
        const auto wait_for_more = [&]() -> task<> {
            const auto more = co_await consumer.acknowledge_and_read(std::move(batch), 1, 2 * test::patience);
            CHECK(more.empty());
            is_reading = false;
        };
        task_group group(loop);
        group.spawn(wait_for_more());
        timer a_moment(loop);
        const auto deadline = steady::now() + test::patience;
        while (s.pending() > 0 && steady::now() < deadline) {
            a_moment.expires_after(1ms);
            co_await a_moment.async_wait(use_task);
        }
        acknowledged = s.pending() == 0 && s.results() == 2 && is_reading;
        all.close();
        co_await group.join();
    });
    CHECK(acknowledged);
    CHECK(s.all_results_in());
}

TEST_CASE("when closed, what is done is acknowledged, and nothing more is read", "[stream]") {
    stream s(4);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(2, 1s);
        CHECK(are(batch, 1, 2));
        settle(batch);
        all.close();
        const auto more = co_await consumer.acknowledge_and_read(std::move(batch), 2, 1s);
        CHECK(more.empty());
    });
    CHECK(s.pending() == 0);
    CHECK(s.results() == 2);
    with_consumers(s, [&](stream_consumers& all) -> task<> {  // the others were not delivered
        const auto rest = co_await all.add_consumer().read(4, 1s);
        CHECK(are(rest, 3, 4));
    });
    CHECK(s.deliveries() == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE("orders of several readers are acknowledged by whoever has them", "[stream]") {
    stream s(200);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        task_group readers(co_await asio::this_coro::executor);
        const auto reader = [&](stream_consumer& consumer) -> task<> {
            std::vector<stream_order> batch;
            do {
                settle(batch);
                batch = co_await consumer.acknowledge_and_read(std::move(batch), 7, 1ms);
            } while (!batch.empty());
        };
        for (int i = 0; i < 4; ++i) readers.spawn(reader(all.add_consumer()));
        co_await readers.join();
    });
    CHECK(s.pending() == 0);
    CHECK(s.results() == 200);
    CHECK(s.all_results_in());
}
