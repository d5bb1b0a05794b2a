// What the asynchronous patterns pay for an order before anything is done for it: a permit, and a coroutine of its own.
#include "concurrency/async_semaphore.hpp"
#include "concurrency/task_group.hpp"
#include "micro/loop.hpp"
#include "micro/measure.hpp"

#include <boost/asio/post.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

constexpr std::size_t times = 1000, at_once = 100;

task<> take_permits(async_semaphore& permits, std::size_t number) {
    while (number-- > 0) keep(co_await permits.acquire());
}

/// Two who want the one permit: each release hands it over, and each acquire() waits.
task<> take_turns(executor ex, std::size_t number) {
    async_semaphore permits(ex, 1);
    task_group both(ex);
    {
        const auto held = co_await permits.acquire();
        both.spawn(take_permits(permits, number / 2));
        both.spawn(take_permits(permits, number / 2));
    }
    co_await both.join();
}

task<> end_at_once() { co_return; }
task<> wait_a_turn(executor ex) { co_await asio::post(ex, use_task); }

task<> spawn_one_by_one(executor ex, std::size_t number) {
    task_group group(ex);
    while (number-- > 0) {
        group.spawn(end_at_once());
        co_await group.join();
    }
}

task<> spawn_many(executor ex, std::size_t number) {
    task_group group(ex);
    while (number-- > 0) group.spawn(wait_a_turn(ex));
    co_await group.join();
}

}  // namespace

TEST_CASE("a permit", "[semaphore]") {
    loop l;
    async_semaphore permits(l.get_executor(), at_once);
    const auto free = [&](std::size_t) { l.run(take_permits(permits, times)); };
    measure({"async_semaphore: a permit that is free", times}, free);
    const auto contended = [&](std::size_t) { l.run(take_turns(l.get_executor(), times)); };
    measure({"async_semaphore: a permit that is handed over", times}, contended);
}

TEST_CASE("a coroutine of a group", "[task_group]") {
    loop l;
    const auto one = [&](std::size_t) { l.run(spawn_one_by_one(l.get_executor(), times)); };
    measure({"task_group: spawn() and join(), ends at once", times}, one);
    const auto many = [&](std::size_t) { l.run(spawn_many(l.get_executor(), at_once)); };
    measure({"task_group: one of 100 at once, waits a turn", at_once}, many);
}
