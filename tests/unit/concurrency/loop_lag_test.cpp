// Loop lag: what a busy event loop does to everything else on it. A tick that a long handler swallowed must not be
// missing among the delays: then the worst would be the ones left out.
#include "concurrency/loop_lag.hpp"

#include "concurrency/event_loop.hpp"
#include "contracts/recorder.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>

#include <numeric>

using namespace pipebench;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

std::uint64_t ticks_in(const recorder& record) {
    const auto lag = record.loop_lag();
    return std::accumulate(lag.bins.begin(), lag.bins.end(), std::uint64_t{0});
}

/// Keeps its loop busy, and ends after the next tick if one was counted, or after a few turns of the loop.
task<> be_busy(const recorder& record, std::chrono::milliseconds time) {
    for (const auto until = steady::now() + time; steady::now() < until;) {
    }
    const executor loop = co_await asio::this_coro::executor;
    for (int turns = 0; turns < 100 && ticks_in(record) == 0; ++turns) co_await asio::post(loop, use_task);
}

}  // namespace

TEST_CASE("a loop that is silent for 55 ms misses five ticks, and each counts with its delay", "[loop-lag]") {
    auto record = recorder::create(1);
    const loop_lag_watch watch(record);
    run_event_loop([&] { return be_busy(record, 55ms); });
    CHECK(ticks_in(record) >= 5);
    CHECK(record.loop_lag().max >= 44ms);  // of the first tick, due after 10 ms
    CHECK(record.loop_lag().sum >= 44ms + 34ms + 24ms + 14ms + 4ms);
}

TEST_CASE("unless it is wanted, no loop measures its lag", "[loop-lag]") {
    auto record = recorder::create(1);
    { const loop_lag_watch watch(record); }
    run_event_loop([&] { return be_busy(record, 15ms); });
    CHECK(ticks_in(record) == 0);
}

TEST_CASE("a loop whose lag is measured ends with its main coroutine", "[loop-lag]") {
    auto record = recorder::create(1);
    const loop_lag_watch watch(record);
    run_event_loop([]() -> task<> { co_return; });
    SUCCEED("it has ended");
}
