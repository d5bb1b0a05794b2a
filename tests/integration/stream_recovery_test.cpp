// Recovery of orders when consumers die, when an order kills its consumer, and when Redis goes away. Tests do not
// wait for a lease: they change the idle time in Redis.
#include "concurrency/task_group.hpp"
#include "support/order_stream.hpp"
#include "support/redis_server.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// Never co_await inside CHECK: g++ 12 evaluates it twice there, because Catch2 names the expression twice.

namespace {

/// Takes `count` orders and dies without acknowledging them.
void die_with(const stream& s, unsigned count) {
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        const auto taken = co_await all.add_consumer().read(count, 1s);
        CHECK(taken.size() == count);
    });
    s.let_leases_pass();
}

/// Works until the producer has all results, or the limit has passed.
task<> finish(stream& s, stream_consumer& consumer) {
    const auto deadline = steady::now() + test::patience;
    while (!s.producer.all_results_in() && steady::now() < deadline) {
        auto batch = co_await consumer.read(10, 1ms);
        settle(batch);
        co_await consumer.acknowledge(batch);
        s.producer.read_results();
    }
}

task<std::vector<order_id>> deliver_all(stream_consumer& heir) {
    std::vector<order_id> out;
    for (;;) {
        auto batch = co_await heir.deliver(1000);
        if (batch.empty()) break;
        for (const auto& order : batch) out.push_back(order.id);
        settle(batch);
        co_await heir.acknowledge(batch);
    }
    co_return out;
}

}  // namespace

// --- leases ---

TEST_CASE("orders of a consumer that vanished are taken over once the lease has passed", "[stream][recovery]") {
    stream s(5);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        const auto taken = co_await all.add_consumer().read(5, 1s);
        CHECK(are(taken, 1, 5));
    });
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& heir = all.add_consumer();
        co_await heir.claim(long_lease);
        const auto too_early = co_await heir.deliver(5);
        CHECK(too_early.empty());
        s.let_leases_pass();
        co_await heir.claim(long_lease);
        CHECK(s.deliveries() == std::vector<std::uint64_t>(5, 1));  // a claim does not count as a delivery
        auto taken = co_await heir.deliver(5);
        CHECK(are(taken, 1, 5));
        CHECK(s.deliveries() == std::vector<std::uint64_t>(5, 2));
        settle(taken);
        co_await heir.acknowledge(taken);
    });
    CHECK(s.pending() == 0);
    CHECK(s.all_results_in());
}

TEST_CASE("what the dead held is found behind a thousand orders of the living", "[stream][recovery]") {
    stream s(1100);  // XAUTOCLAIM COUNT 100 scans 1000: its first page is empty, but not the last
    with_consumers(s, [](stream_consumers& all) -> task<> {
        const auto taken = co_await all.add_consumer().read(1100, 1s);
        CHECK(are(taken, 1, 1100));
    });
    s.let_leases_pass(1050);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& heir = all.add_consumer();
        co_await heir.claim(long_lease);
        const auto taken = co_await heir.deliver(100);
        CHECK(are(taken, 1051, 1100));
    });
}

TEST_CASE("more than one claim holds is taken over in several, without a pause", "[stream][recovery]") {
    stream s(450);
    die_with(s, 450);
    with_consumers(s, [](stream_consumers& all) -> task<> {
        stream_consumer& heir = all.add_consumer();
        std::size_t taken = 0;
        for (int claims = 0; claims < 10 && taken < 450; ++claims) {
            co_await heir.claim(long_lease);
            const auto ids = co_await deliver_all(heir);
            CHECK(ids.size() <= 2 * lease_book::max_waiting);
            taken += ids.size();
            if (taken == 450) break;
            const bool at_once = co_await heir.next_check(long_lease);
            CHECK(at_once);
        }
        CHECK(taken == 450);
    });
    CHECK(s.pending() == 0);
}

TEST_CASE("orders in hand in the same process are not taken over, however slow they are", "[stream][recovery]") {
    stream s(2);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& slow = all.add_consumer();
        stream_consumer& heir = all.add_consumer();
        auto batch = co_await slow.read(2, 1s);
        REQUIRE(batch.size() == 2);
        s.let_leases_pass();
        co_await heir.claim(long_lease);
        const auto claimed = co_await heir.deliver(2);
        CHECK(claimed.empty());
        settle(batch);
        co_await slow.acknowledge(batch);
    });
    CHECK(s.pending() == 0);
}

TEST_CASE("an order that takes three leases is done once: its lease is renewed", "[stream][recovery]") {
    constexpr duration lease = 500ms;
    stream s(1);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        const auto loop = co_await asio::this_coro::executor;
        stream_consumers others(loop, s.handle, stream_limits{});
        task_group group(loop);
        bool under_way = true;
        const auto vulture = [&](stream_consumer& heir) -> task<> {
            while (under_way) {
                co_await heir.claim(lease);
                const auto taken = co_await heir.deliver(1);
                CHECK(taken.empty());
                co_await heir.sleep(lease / 10);
            }
        };
        stream_consumer& slow = all.add_consumer();
        group.spawn(all.renew(lease));
        auto batch = co_await slow.read(1, 1s);
        CHECK(are(batch, 1, 1));
        group.spawn(vulture(others.add_consumer()));
        co_await slow.sleep(3 * lease);
        CHECK(s.deliveries() == std::vector<std::uint64_t>{1});
        settle(batch);
        co_await slow.acknowledge(batch);
        under_way = false;
        all.close();
        co_await group.join();
        others.close();
    });
    CHECK(s.pending() == 0);
    CHECK(s.all_results_in());
}

namespace {

/// Keeps the thread, and so the event loop, for three leases. Returns how many entries others could take over.
std::size_t silence(const stream& s, duration lease) {
    std::size_t taken = 0;
    const auto milliseconds = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(lease).count());
    for (const auto until = steady::now() + 3 * lease; steady::now() < until;)
        taken += ids_claimed(*s.ask({"XAUTOCLAIM", s.keys.orders, s.keys.group, "vulture", milliseconds, "0-0",
                                     "COUNT", "100", "JUSTID"}))
                     .ids.size();
    return taken;
}

}  // namespace

TEST_CASE("leases hold while the event loop is busy: of orders in hand, and of orders that it has still to read",
          "[stream][recovery][lease]") {
    constexpr duration lease = 500ms;
    stream s(5);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        task_group group(co_await asio::this_coro::executor);
        stream_consumer& busy = all.add_consumer();
        stream_consumer& reader = all.add_consumer();
        group.spawn(all.renew(lease));
        auto batch = co_await busy.read(5, 1s);
        CHECK(are(batch, 1, 5));
        std::vector<stream_order> unread;
        group.spawn([](stream_consumer& from, std::vector<stream_order>& into) -> task<> {
            into = co_await from.read(1, 10s);
        }(reader, unread));
        co_await busy.sleep(lease / 10);  // the reader's command is on its way
        static_cast<void>(s.ask({"XADD", s.keys.orders, "*", "order", "6"}));
        CHECK(silence(s, lease) == 0);
        CHECK(unread.empty());
        co_await busy.sleep(lease / 10);
        CHECK(are(unread, 6, 6));
        CHECK(silence(s, lease) == 0);
        settle(batch);
        co_await busy.acknowledge(batch);
        settle(unread);
        co_await reader.acknowledge(unread);
        all.close();
        co_await group.join();
    });
    CHECK(s.pending() == 0);
}

TEST_CASE("the lease of an order whose reply was lost passes", "[stream][recovery][lease]") {
    constexpr duration lease = 200ms;
    stream s(1);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        task_group group(co_await asio::this_coro::executor);
        stream_consumer& reader = all.add_consumer();
        group.spawn(all.renew(lease));
        auto batch = co_await reader.read(1, 1s);
        CHECK(are(batch, 1, 1));
        settle(batch);
        co_await reader.acknowledge(batch);
        // Redis gives the consumer an entry that no reply of an exchange of its own brings it.
        static_cast<void>(s.ask({"XADD", s.keys.orders, "*", "order", "2"}));
        const auto name = all.holders().front().name;
        static_cast<void>(s.ask({"XREADGROUP", "GROUP", s.keys.group, name, "STREAMS", s.keys.orders, ">"}));
        co_await reader.sleep(lease);
        auto none = co_await reader.read(1, 1ms);  // the next exchange
        CHECK(none.empty());
        co_await reader.sleep(2 * lease);
        CHECK(silence(s, lease) > 0);
        all.close();
        co_await group.join();
    });
}

TEST_CASE("a renewal takes back nothing that was acknowledged meanwhile", "[stream][recovery]") {
    stream s(1);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& reader = all.add_consumer();
        const auto batch = co_await reader.read(1, 1s);
        static_cast<void>(s.ask({"XACK", s.keys.orders, s.keys.group, batch.at(0).entry}));
        task_group group(co_await asio::this_coro::executor);
        group.spawn(all.renew(3ms));
        co_await reader.sleep(20ms);
        all.close();
        co_await group.join();
    });
    CHECK(s.pending() == 0);
}

TEST_CASE("an entry that was deleted while it was pending is dropped", "[stream][recovery]") {
    stream s(3);
    std::string entry;
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        const auto batch = co_await all.add_consumer().read(3, 1s);
        entry = batch.at(1).entry;
    });
    s.let_leases_pass();
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& heir = all.add_consumer();
        co_await heir.claim(long_lease);
        static_cast<void>(s.ask({"XDEL", s.keys.orders, entry}));  // after the claim, so that XCLAIM finds it deleted
        const auto done = co_await deliver_all(heir);
        CHECK(done.size() == 2);
    });
    CHECK(s.pending() == 0);
}

// --- orders that kill ---

TEST_CASE("an order that kills is dead-lettered after its deliveries, and takes no other with it",
          "[stream][recovery]") {
    constexpr order_id poison = 3;
    constexpr unsigned max_deliveries = 5;
    stream s(6);
    die_with(s, 6);
    unsigned deaths = 1;
    std::vector<order_id> done;
    bool dead_lettered = false;
    const auto process = [&](stream_consumers& all) -> task<> {
        stream_consumer& heir = all.add_consumer();
        co_await heir.claim(long_lease);
        const auto hopeless = co_await heir.exhausted(max_deliveries);
        if (!hopeless.empty()) CHECK((are(hopeless, poison, poison) && std::exchange(dead_lettered, true) == false));
        co_await heir.dead_letter(hopeless);
        for (;;) {
            auto batch = co_await heir.deliver(10);
            if (batch.empty()) break;
            CHECK((deaths == 1 || batch.size() == 1));  // suspects, after the second death
            if (std::ranges::find(batch, poison, &stream_order::id) != batch.end()) {
                ++deaths;
                co_return;
            }
            for (const auto& order : batch) done.push_back(order.id);
            settle(batch);
            co_await heir.acknowledge(batch);
        }
    };
    for (int processes = 0; processes < 10 && s.pending() > 0; ++processes) {
        with_consumers(s, process);
        const auto counts = s.deliveries();
        // The others were delivered twice, together with the poison, and not again.
        CHECK(std::ranges::count_if(counts, [](auto n) { return n > 2; }) <= 1);
        s.let_leases_pass();
    }
    CHECK(s.pending() == 0);
    CHECK(deaths == max_deliveries);
    CHECK(dead_lettered);
    std::ranges::sort(done);
    CHECK(done == std::vector<order_id>{1, 2, 4, 5, 6});
    const auto dead = entries_listed(*s.ask({"XRANGE", s.keys.dead, "-", "+"}));
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].field("order") == "3");
    CHECK(dead[0].field("deliveries") == "5");
    CHECK_FALSE(dead[0].field("entry").empty());
    const auto results = entries_listed(*s.ask({"XRANGE", s.keys.results, "-", "+"}));
    CHECK(std::ranges::count_if(
              results, [](const auto& r) { return r.field("outcome") == "failed:schedule:dead_letter"; }) == 1);
    CHECK(s.all_results_in());
}

// --- Redis goes away ---

TEST_CASE("a stream that is deleted amid the run is made and filled again", "[stream][recovery]") {
    stream s(20);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto in_hand = co_await consumer.read(5, 1s);
        static_cast<void>(s.ask({"DEL", s.keys.orders}));
        settle(in_hand);
        co_await consumer.acknowledge(in_hand);
        co_await finish(s, consumer);
    });
    CHECK(s.producer.all_results_in());
    CHECK(s.notes == std::vector<std::string>{"The stream in Redis was lost: 15 orders added again"});
}

TEST_CASE("a reader that waits while the stream is deleted goes on with the next one", "[stream][recovery]") {
    stream s(1);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        task_group group(co_await asio::this_coro::executor);
        stream_consumer& reader = all.add_consumer();
        const auto first = co_await reader.read(1, 1s);
        CHECK(are(first, 1, 1));
        const auto waiting = [&]() -> task<> {
            const auto again = co_await reader.read(1, test::patience);
            CHECK(are(again, 1, 1));
        };
        group.spawn(waiting());
        stream_consumer& other = all.add_consumer();
        const auto blocked = [&] {
            const auto info = s.ask({"INFO", "clients"});
            return contains({info->str, info->len}, "blocked_clients:1");
        };
        for (int tries = 0; tries < 1000 && !blocked(); ++tries) co_await other.sleep(10ms);
        CHECK(blocked());
        static_cast<void>(s.ask({"DEL", s.keys.orders}));
        s.producer.read_results();
        co_await group.join();
    });
    CHECK(s.notes.size() == 1);
}

TEST_CASE("a Redis that is killed and comes back empty costs no order", "[stream][recovery]") {
    redis_server server;
    stream s(50, server.url());
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto done = co_await consumer.read(10, 1s);
        settle(done);
        co_await consumer.acknowledge(done);
        s.producer.read_results();  // results read before the restart need not be read again
        auto in_hand = co_await consumer.read(10, 1s);
        server.kill();
        server.start();
        settle(in_hand);
        co_await consumer.acknowledge(in_hand);
        co_await finish(s, consumer);
    });
    CHECK(s.producer.all_results_in());
    REQUIRE(s.notes.size() == 1);
    CHECK(s.notes[0].starts_with("Redis was away for "));
    CHECK(s.notes[0].ends_with(" s and came back empty: 30 orders added again"));
    CHECK(s.length() == 30);
}

TEST_CASE("orders are added to the end though Redis dies amid it", "[stream][recovery]") {
    redis_server server;
    stream s(10, server.url());
    order_producer second(s.handle, s.settings(5000));
    server.kill();
    server.start();
    second.add_all();
    CHECK(s.length() == 5000);
    CHECK(s.notes.size() == 1);
}

TEST_CASE("a Redis that stays away is given up when the patience is at its end", "[stream][recovery]") {
    redis_server server;
    stream s(1, server.url(), 300ms);
    server.kill();
    CHECK_THROWS_AS(with_consumers(s,
                                   [](stream_consumers& all) -> task<> {
                                       const auto never = co_await all.add_consumer().read(1, 10ms);
                                       CHECK(never.empty());
                                   }),
                    redis_lost);
    const auto for_ever = [&] { return s.all_results_in(); };
    CHECK_THROWS_AS(for_ever(), redis_lost);
    CHECK(s.notes.empty());
}

TEST_CASE("who waits for a Redis that is away is woken when its consumers close", "[stream][recovery]") {
    redis_server server;
    stream s(1, server.url());
    server.kill();
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        task_group group(co_await asio::this_coro::executor);
        stream_consumer& reader = all.add_consumer();
        const auto waiting = [&]() -> task<> {
            const auto nothing = co_await reader.read(1, 1s);
            CHECK(nothing.empty());
        };
        group.spawn(waiting());
        co_await all.add_consumer().sleep(100ms);  // the reader waits by then, or finds it closed later
        all.close();
        co_await group.join();
    });
}
