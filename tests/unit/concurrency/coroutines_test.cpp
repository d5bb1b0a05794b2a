// The parts of the asynchronous patterns. With a permit too many a run would beat its floor, and with a coroutine
// that is never resumed it would hang. Every loop here has a limit, and no test sleeps.
#include "concurrency/async_semaphore.hpp"
#include "concurrency/bounded_queue.hpp"
#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"
#include "concurrency/watchdog.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 20s;
constexpr auto anything_ready = 10;  ///< turns of the loop after which every ready handler has run

/// Runs `main` to its end on a new event loop.
void run(const std::function<task<>()>& main) {
    asio::io_context loop(1);
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(loop.get_executor(), main(), [&](std::exception_ptr e) { failure = e, ended = true; });
    loop.run_for(limit);
    REQUIRE(ended);
    if (failure) std::rethrow_exception(failure);
}

task<> turns(int number) {
    const executor loop = co_await asio::this_coro::executor;
    while (number-- > 0) co_await asio::post(loop, use_task);
}

task<> fail_after(int number, const char* why) {
    co_await turns(number);
    throw std::runtime_error(why);
}

}  // namespace

// --- task_group ---

TEST_CASE("join returns when every member has ended", "[task_group]") {
    int ended = 0;
    const auto member = [&](int length) -> task<> {
        co_await turns(length);
        ++ended;
    };
    run([&]() -> task<> {
        task_group group(co_await asio::this_coro::executor);
        for (int i = 0; i < 20; ++i) group.spawn(member(i));
        co_await group.join();
        CHECK(ended == 20);
        co_await group.join();  // of an empty group, at once
    });
}

TEST_CASE("join throws the first failure, once all the others have ended", "[task_group]") {
    bool last_ended = false;
    const auto last = [&]() -> task<> {
        co_await turns(30);
        last_ended = true;
    };
    run([&]() -> task<> {
        task_group group(co_await asio::this_coro::executor);
        group.spawn(fail_after(9, "second"));
        group.spawn(last());
        group.spawn(fail_after(3, "first"));
        std::string caught;
        try {
            co_await group.join();
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        CHECK(caught == "first");
        CHECK(last_ended);
        co_await group.join();  // a failure is thrown once
    });
}

TEST_CASE("a failure is told at once, so that the other members can be stopped", "[task_group]") {
    bool stop = false;
    const auto until_stopped = [&]() -> task<> {
        while (!stop) co_await turns(1);
    };
    const auto main = [&]() -> task<> {
        task_group group(co_await asio::this_coro::executor, [&] { stop = true; });
        group.spawn(until_stopped());
        group.spawn(fail_after(2, "broken"));
        co_await group.join();
    };
    CHECK_THROWS_WITH(run(main), "broken");
}

// --- async_semaphore ---

TEST_CASE("a permit is handed to whoever waited longest", "[async_semaphore]") {
    std::vector<int> served;
    run([&]() -> task<> {
        const executor loop = co_await asio::this_coro::executor;
        async_semaphore permits(loop, 1);
        task_group group(loop);
        const auto customer = [&](int number) -> task<> {
            const auto permit = co_await permits.acquire();
            served.push_back(number);
            co_await turns(number % 3);
        };
        for (int number = 1; number <= 9; ++number) group.spawn(customer(number));
        co_await group.join();
    });
    CHECK(std::is_sorted(served.begin(), served.end()));
    CHECK(served.size() == 9);
}

TEST_CASE("who comes back at once does not overtake those who wait", "[async_semaphore]") {
    std::vector<std::string> served;
    run([&]() -> task<> {
        const executor loop = co_await asio::this_coro::executor;
        async_semaphore permits(loop, 1);
        task_group group(loop);
        const auto patient = [&]() -> task<> {
            const auto permit = co_await permits.acquire();
            served.emplace_back("patient");
        };
        {
            const auto permit = co_await permits.acquire();
            group.spawn(patient());
            co_await turns(anything_ready);
        }
        const auto again = co_await permits.acquire();
        served.emplace_back("greedy");
        co_await group.join();
    });
    CHECK(served == std::vector<std::string>{"patient", "greedy"});
}

TEST_CASE("never more than C are in flight, and C are when there is work", "[async_semaphore]") {
    constexpr int permitted = 7;
    int in_flight = 0, most = 0, done = 0;
    run([&]() -> task<> {
        const executor loop = co_await asio::this_coro::executor;
        async_semaphore permits(loop, permitted);
        task_group group(loop);
        const auto order = [&](int number) -> task<> {
            auto permit = co_await permits.acquire();
            const auto moved = std::move(permit);  // a permit that is handed on counts once
            most = std::max(most, ++in_flight);
            co_await turns(number % 5);
            --in_flight, ++done;
        };
        for (int number = 0; number < 1000; ++number) group.spawn(order(number));
        co_await group.join();
    });
    CHECK(most == permitted);
    CHECK(done == 1000);
}

TEST_CASE("a permit comes back when its holder throws", "[async_semaphore]") {
    run([]() -> task<> {
        const executor loop = co_await asio::this_coro::executor;
        async_semaphore permits(loop, 1);
        task_group group(loop);
        const auto broken = [&]() -> task<> {
            const auto permit = co_await permits.acquire();
            throw std::runtime_error("broken");
        };
        group.spawn(broken());
        co_await turns(anything_ready);
        const auto permit = co_await permits.acquire();  // otherwise this loop would reach its limit
        bool thrown = false;
        try {
            co_await group.join();
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(thrown);
    });
}

// --- watchdog ---

TEST_CASE("a watchdog expires once per deadline, and not again before the next", "[watchdog]") {
    asio::io_context loop(1);
    int expiries = 0;
    watchdog guard(loop.get_executor(), [&] { ++expiries; });
    guard.set(watchdog::clock::now() + 1ms);
    loop.run_for(limit);
    CHECK(expiries == 1);
    guard.set(watchdog::clock::now() + 1ms);
    loop.restart();
    loop.run_for(limit);
    CHECK(expiries == 2);
}

TEST_CASE("a deadline set later is kept, although the timer was armed for an earlier one", "[watchdog]") {
    asio::io_context loop(1);
    std::vector<watchdog::clock::time_point> expiries;
    watchdog guard(loop.get_executor(), [&] { expiries.push_back(watchdog::clock::now()); });
    const auto later = watchdog::clock::now() + 50ms;
    guard.set(later - 49ms);
    guard.set(later);
    loop.run_for(limit);
    REQUIRE(expiries.size() == 1);
    CHECK(expiries.front() >= later);
}

TEST_CASE("a deadline set earlier does not wait for the later one", "[watchdog]") {
    asio::io_context loop(1);
    int expiries = 0;
    watchdog guard(loop.get_executor(), [&] { ++expiries; });
    guard.set(watchdog::clock::now() + 1h);
    guard.set(watchdog::clock::now() + 1ms);
    loop.run_for(limit);
    CHECK(expiries == 1);
    CHECK(loop.stopped());  // and the later one has left no work
}

TEST_CASE("a deadline that was cleared passes in silence", "[watchdog]") {
    asio::io_context loop(1);
    int expiries = 0;
    watchdog guard(loop.get_executor(), [&] { ++expiries; });
    guard.set(watchdog::clock::now() + 1ms);
    guard.clear();
    loop.run_for(limit);  // until the timer, the only work, has fired
    CHECK(loop.stopped());
    CHECK(expiries == 0);
    guard.set(watchdog::clock::now() + 1ms);
    loop.restart();
    loop.run_for(limit);
    CHECK(expiries == 1);
}

TEST_CASE("a watchdog that is gone neither expires nor keeps the loop alive", "[watchdog]") {
    asio::io_context loop(1);
    int expiries = 0;
    std::optional<watchdog> due(std::in_place, loop.get_executor(), [&] { ++expiries; });
    std::optional<watchdog> far(std::in_place, loop.get_executor(), [&] { ++expiries; });
    due->set(watchdog::clock::now());
    far->set(watchdog::clock::now() + 1h);
    due.reset();
    far.reset();
    loop.run_for(limit);
    CHECK(loop.stopped());
    CHECK(expiries == 0);
}

// --- run_event_loop ---

TEST_CASE("an event loop runs until its main coroutine has ended, and throws what that throws", "[event_loop]") {
    int turn = 0;
    run_event_loop([&]() -> task<> {
        for (; turn < 100; ++turn) co_await turns(1);
    });
    CHECK(turn == 100);
    CHECK_THROWS_WITH(run_event_loop([] { return fail_after(5, "broken"); }), "broken");
}

// --- bounded_queue ---

TEST_CASE("items leave a queue in the order in which they came", "[bounded_queue]") {
    bounded_queue<int> queue(3);
    for (const int item : {1, 2, 3}) CHECK(queue.push(item));
    CHECK(queue.pop() == 1);
    CHECK(queue.push(4));
    CHECK(queue.pop() == 2);
    CHECK(queue.pop() == 3);
    CHECK(queue.pop() == 4);
}

TEST_CASE("what is in a closed queue can still be taken, and nothing more goes in", "[bounded_queue]") {
    bounded_queue<int> queue(3);
    queue.push(1);
    queue.push(2);
    queue.close();
    CHECK_FALSE(queue.push(3));
    CHECK(queue.pop() == 1);
    CHECK(queue.pop() == 2);
    CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("closing wakes all who wait at either end", "[bounded_queue]") {
    bounded_queue<int> full(1), empty(1);
    full.push(0);
    std::atomic<int> refused = 0, ended = 0;
    std::vector<std::thread> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.emplace_back([&] { refused += full.push(1) ? 0 : 1; });
        waiting.emplace_back([&] { ended += empty.pop() ? 0 : 1; });
    }
    full.close();
    empty.close();
    for (auto& t : waiting) t.join();
    CHECK(refused == 4);
    CHECK(ended == 4);
}

TEST_CASE("producers are held back by the capacity, and every item is taken once", "[bounded_queue]") {
    constexpr int capacity = 4, producers = 3, each = 2'000;
    bounded_queue<int> queue(capacity);
    std::atomic<int> pushed = 0, taken = 0;
    std::atomic<bool> over = false;
    std::vector<std::atomic<int>> seen(producers * each);
    std::vector<std::thread> makers, takers;
    for (int p = 0; p < producers; ++p)
        makers.emplace_back([&, p] {
            for (int i = 0; i < each; ++i) {
                queue.push(p * each + i);
                // A taker counts before it takes, so a larger difference means that the queue exceeds its capacity.
                const int in = ++pushed, out = taken;
                if (in - out > capacity) over = true;
            }
        });
    for (int t = 0; t < 2; ++t)
        takers.emplace_back([&] {
            for (;;) {
                ++taken;
                const auto item = queue.pop();
                if (!item) return;
                ++seen[static_cast<std::size_t>(*item)];
            }
        });
    for (auto& t : makers) t.join();
    queue.close();
    for (auto& t : takers) t.join();
    CHECK_FALSE(over);
    CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& times) { return times == 1; }));
}
