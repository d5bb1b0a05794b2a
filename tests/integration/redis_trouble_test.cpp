// A Redis that answers and yet cannot be used: it refuses commands for a while, is silent, or sends nonsense. No order
// may be lost by it, and no wait may be longer than its limit.
#include "concurrency/task_group.hpp"
#include "redis/redis_connection.hpp"
#include "support/order_stream.hpp"
#include "support/redis_server.hpp"
#include "support/scripted_server.hpp"
#include "system/signal_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using steady = std::chrono::steady_clock;

// Never co_await inside CHECK: g++ 12 evaluates it twice there, because Catch2 names the expression twice.

namespace {

/// A state in which Redis refuses writes, and how it ends.
struct refusal {
    const char* name;
    redis_command begin, end;
};
const refusal out_of_memory{"OOM", {"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}};
const refusal read_only{"READONLY", {"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}};
const refusal too_few_replicas{
    "NOREPLICAS", {"CONFIG", "SET", "min-replicas-to-write", "1"}, {"CONFIG", "SET", "min-replicas-to-write", "0"}};

/// Takes every order, and reports none of them: as if XADD of its results had been refused and XACK had not.
void acknowledge_without_results(const stream& s, unsigned count) {
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        const auto taken = co_await all.add_consumer().read(count, 1s);
        CHECK(taken.size() == count);
        redis_command acknowledgement{"XACK", s.keys.orders, s.keys.group};
        for (const auto& order : taken) acknowledgement.push_back(order.entry);
        static_cast<void>(s.ask(acknowledgement));
    });
}

/// Waits in its coroutine until Redis has refused a command with this code.
task<> let_it_refuse(const redis_server& server, const std::string& code, stream_consumer& somebody) {
    const auto refused = [&] {
        const auto info = server.ask({"INFO", "errorstats"});
        return contains({info->str, static_cast<std::size_t>(info->len)}, "errorstat_" + code);
    };
    const auto deadline = steady::now() + test::patience;
    while (!refused() && steady::now() < deadline) co_await somebody.sleep(5ms);
    CHECK(refused());
}

constexpr duration short_limit = 100ms;

std::string url_of(const scripted_server& hostile) { return "redis" + hostile.url().substr(4); }

/// What both clients say when they connect to a server and ask it a question.
std::string failure_of_blocking_client(const std::string& url, duration limit = short_limit) {
    try {
        redis_client(parse_redis_address(url), limit).command({"PING"});
    } catch (const redis_lost& e) {
        return e.what();
    }
    return {};
}

std::string failure_of_awaitable_client(const std::string& url, duration limit = short_limit) {
    std::string why;
    run_event_loop([&]() -> task<> {
        redis_connection client(co_await asio::this_coro::executor);
        redis_command ping{"PING"};  // g++ 12 cannot build it inside a co_await expression
        try {
            co_await client.connect(parse_redis_address(url), limit);
            co_await client.command(std::move(ping));
        } catch (const redis_lost& e) {
            why = e.what();
        }
    });
    return why;
}

}  // namespace

// --- commands that are refused for a while ---

TEST_CASE("an order is acknowledged with its result or not at all, however Redis refuses it", "[stream][trouble]") {
    const auto trouble = GENERATE(out_of_memory, read_only, too_few_replicas);
    CAPTURE(trouble.name);
    redis_server server;
    stream s(10, server.url());
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(10, 1s);
        CHECK(are(batch, 1, 10));
        settle(batch);
        server.ask(trouble.begin);
        task_group group(co_await asio::this_coro::executor);
        group.spawn(consumer.acknowledge(batch));
        co_await let_it_refuse(server, trouble.name, all.add_consumer());
        CHECK(s.pending() == 10);
        CHECK(s.results() == 0);
        server.ask(trouble.end);
        co_await group.join();
    });
    CHECK(s.pending() == 0);
    CHECK(s.results() == 10);
    CHECK(s.all_results_in());
}

// Out of memory, Redis refuses XADD and carries out XREADGROUP, which goes with it.
TEST_CASE("orders that come with a refused acknowledgement are carried out, and once", "[stream][trouble]") {
    redis_server server;
    stream s(4, server.url());
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(2, 1s);
        settle(batch);
        server.ask(out_of_memory.begin);
        task_group group(co_await asio::this_coro::executor);
        const auto go_on = [&]() -> task<> {
            batch = co_await consumer.acknowledge_and_read(std::move(batch), 2, 1s);
        };
        group.spawn(go_on());
        co_await let_it_refuse(server, "OOM", all.add_consumer());
        CHECK(s.pending() == 4);
        server.ask(out_of_memory.end);
        co_await group.join();
        CHECK(are(batch, 3, 4));
    });
    CHECK(s.deliveries() == std::vector<std::uint64_t>{1, 1});
    CHECK(s.results() == 2);
}

TEST_CASE("a refused acknowledgement does not wait until a long read ends", "[stream][trouble]") {
    redis_server server;
    stream s(1, server.url());
    const auto limits = stream_limits{200ms, test::patience};
    run_event_loop([&]() -> task<> {
        stream_consumers all(co_await asio::this_coro::executor, s.handle, limits);
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(1, 1s);
        settle(batch);
        server.ask(out_of_memory.begin);
        task_group group(co_await asio::this_coro::executor);
        const auto wait_long = [&]() -> task<> {
            const auto more = co_await consumer.acknowledge_and_read(std::move(batch), 1, 1h);
            CHECK(more.empty());
        };
        group.spawn(wait_long());
        stream_consumer& other = all.add_consumer();
        co_await let_it_refuse(server, "OOM", other);
        server.ask(out_of_memory.end);
        for (const auto end = steady::now() + test::patience; s.pending() > 0 && steady::now() < end;)
            co_await other.sleep(5ms);
        CHECK(s.pending() == 0);
        all.close();
        co_await group.join();
    });
    CHECK(s.results() == 1);
}

TEST_CASE("a stream is created, and filled, although Redis refuses it at first", "[stream][trouble]") {
    const auto trouble = GENERATE(out_of_memory, read_only);
    redis_server server;
    const order_stream made(server.url(), new_stream());
    const stream_limits limits{5s, test::patience};
    server.ask(trouble.begin);
    std::jthread mending([&] {
        std::this_thread::sleep_for(100ms);
        server.ask(trouble.end);
    });
    made.create(limits);
    order_producer producer(made, {10, limits, stop_flag(nobody_stops)});
    server.ask(trouble.begin);
    mending = std::jthread([&] {
        std::this_thread::sleep_for(100ms);
        server.ask(trouble.end);
    });
    CHECK_NOTHROW(producer.add_all());
}

TEST_CASE("a Redis that refuses writes for good is given up in its own words", "[stream][trouble]") {
    redis_server server;
    stream s(1, server.url(), 200ms);
    server.ask(read_only.begin);
    const auto acknowledge = [&] {
        with_consumers(s, [](stream_consumers& all) -> task<> {
            const auto never = co_await all.add_consumer().read(1, 1s);
            CHECK(never.empty());
        });
    };
    CHECK_THROWS_WITH(acknowledge(), ContainsSubstring("READONLY"));
}

// --- results that are missing ---

TEST_CASE("orders that were acknowledged without a result are added again", "[stream][trouble]") {
    stream s(5);
    acknowledge_without_results(s, 5);
    CHECK(s.pending() == 0);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        s.producer.read_results();
        auto again = co_await consumer.read(10, 1s);
        CHECK(are(again, 1, 5));
        settle(again);
        co_await consumer.acknowledge(again);
    });
    CHECK(s.all_results_in());
    CHECK(s.notes == std::vector<std::string>{"Results in Redis were lost: 5 orders added again"});
}

TEST_CASE("results that were deleted are asked for again", "[stream][trouble]") {
    stream s(3);
    const auto work = [](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto batch = co_await consumer.read(3, 1s);
        CHECK(are(batch, 1, 3));
        settle(batch);
        co_await consumer.acknowledge(batch);
    };
    with_consumers(s, work);
    static_cast<void>(s.ask({"DEL", s.keys.results}));
    s.producer.read_results();
    with_consumers(s, work);
    CHECK(s.all_results_in());
}

TEST_CASE("orders that are pending, or not delivered yet, are not added again", "[stream][trouble]") {
    stream s(4);
    with_consumers(s, [&](stream_consumers& all) -> task<> {
        stream_consumer& consumer = all.add_consumer();
        auto half = co_await consumer.read(2, 1s);
        s.producer.read_results();
        settle(half);
        co_await consumer.acknowledge(half);
        s.producer.read_results();
        s.producer.read_results();
    });
    CHECK(s.length() == 4);
    CHECK(s.notes.empty());
}

TEST_CASE("a result that never comes ends the run with a reason", "[stream][trouble]") {
    stream s(1);
    for (unsigned i = 0; i < order_producer::max_additions; ++i) {
        acknowledge_without_results(s, 1);
        CHECK_NOTHROW(s.producer.read_results());
    }
    acknowledge_without_results(s, 1);
    CHECK_THROWS_WITH(s.producer.read_results(), ContainsSubstring("results are missing"));
}

// --- silence ---

TEST_CASE("a Redis that is stopped is lost after the limit, by both clients", "[trouble]") {
    redis_server server;
    server.signal(SIGSTOP);
    const auto began = steady::now();
    for (const auto& url : {server.url(), server.tcp_url()}) {
        CHECK_THAT(failure_of_blocking_client(url), ContainsSubstring("timed out"));
        CHECK_THAT(failure_of_awaitable_client(url), ContainsSubstring("timed out"));
    }
    CHECK(steady::now() - began < test::patience);
}

TEST_CASE("a Redis that is stopped amid the work is given up when the patience is over", "[stream][trouble]") {
    redis_server server;
    stream s(5, server.url(), 200ms);
    server.signal(SIGSTOP);
    const auto began = steady::now();
    const auto wait_for_results = [&] { return s.all_results_in(); };
    CHECK_THROWS_AS(wait_for_results(), redis_lost);
    CHECK(steady::now() - began < test::patience);
}

TEST_CASE("a signal ends the wait for a Redis that is stopped", "[trouble][signal]") {
    redis_server server;
    redis_client client(parse_redis_address(server.url()), 1h);
    signal_watch signals;
    const pipebench::patience until_a_signal(signals, duration{});
    redis_client patient(parse_redis_address(server.url()), 1h, until_a_signal);
    server.signal(SIGSTOP);
    std::raise(SIGTERM);
    CHECK_THROWS_AS(patient.command({"PING"}), interrupted);
}

// --- hostile servers ---

TEST_CASE("a server that sends a byte now and then has one limit for the whole reply", "[trouble]") {
    scripted_server slow([](scripted_server::connection& c) {
        if (c.send("$100000\r\n"))
            while (c.pause(10ms) && c.send("x")) {
            }
    });
    CHECK_THAT(failure_of_blocking_client(url_of(slow)), ContainsSubstring("timed out"));
    CHECK_THAT(failure_of_awaitable_client(url_of(slow)), ContainsSubstring("timed out"));
}

TEST_CASE("a server that announces half a gigabyte and begins to send it is cut off", "[trouble]") {
    scripted_server flood([](scripted_server::connection& c) {
        const std::string part(1 << 20, 'x');
        if (c.send("$500000000\r\n"))
            while (c.send(part)) {
            }
    });
    CHECK_THAT(failure_of_blocking_client(url_of(flood), 20s), ContainsSubstring("too large"));
    CHECK_THAT(failure_of_awaitable_client(url_of(flood), 20s), ContainsSubstring("too large"));
}

TEST_CASE("an answer that is no reply of Redis is said to be none", "[trouble]") {
    scripted_server http([](scripted_server::connection& c) {
        c.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        c.hold();
    });
    CHECK_THAT(failure_of_blocking_client(url_of(http)), ContainsSubstring("not a Redis protocol reply"));
    CHECK_THAT(failure_of_awaitable_client(url_of(http)), ContainsSubstring("not a Redis protocol reply"));
}

TEST_CASE("every address of a name is tried", "[trouble]") {
    redis_server server;  // listens on 127.0.0.1 only; localhost may be ::1 first
    auto where = parse_redis_address(server.tcp_url());
    where.host = "localhost";
    CHECK_NOTHROW(redis_client(where, 5s).command({"PING"}));
}

TEST_CASE("a refusal in a pipeline leaves the connection usable", "[trouble]") {
    redis_client client(parse_redis_address(redis()), 5s);
    CHECK_THROWS_AS(client.pipeline({{"ECHO", "one"}, {"NO-SUCH-COMMAND"}, {"ECHO", "two"}}), redis_refusal);
    CHECK(std::string(client.command({"ECHO", "three"})->str) == "three");
}
