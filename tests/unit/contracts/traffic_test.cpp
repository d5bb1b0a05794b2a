// The limits on a run's requests: a retry beyond the budget makes an outage worse, and a slot used twice breaks the
// rate limit of the API. The tests pass the time as a number.
#include "contracts/traffic.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr traffic::time_point start{1000h};
constexpr traffic::time_point never = traffic::time_point::max();

/// Takes all available retries; returns their number.
std::uint64_t take_all(traffic& t) {
    std::uint64_t taken = 0;
    while (t.take_retry()) ++taken;
    return taken;
}

/// Calls `action` in several threads at the same time.
template <class Action>
void at_the_same_time(std::size_t threads, Action action) {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) all.emplace_back([&action, i] { action(i); });
}

}  // namespace

TEST_CASE("the budget is the reserve and a share of the first attempts, to the very retry", "[traffic]") {
    struct row {
        double share;
        std::uint64_t firsts, retries;
    };
    const auto r = GENERATE(values<row>({{0, 0, 100},
                                         {0, 10'000, 100},
                                         {0.2, 0, 100},
                                         {0.2, 4, 100},
                                         {0.2, 5, 101},
                                         {0.2, 9'999, 2'099},
                                         {0.2, 10'000, 2'100},
                                         {0.5, 1, 100},
                                         {0.5, 2, 101},
                                         {1, 1'000, 1'100}}));
    traffic_state state{};
    traffic t(state, r.share, 0);
    for (std::uint64_t i = 0; i < r.firsts; ++i) t.count_first();
    CAPTURE(r.share, r.firsts);
    CHECK(take_all(t) == r.retries);
    CHECK(state.firsts == r.firsts);
    CHECK(state.retries == r.retries);
}

TEST_CASE("a retry that is refused is counted, and leaves the budget as it was", "[traffic]") {
    traffic_state state{};
    traffic t(state, 0.5, 0);
    CHECK(take_all(t) == retry_reserve);
    CHECK_FALSE(t.take_retry());
    CHECK(state.refused == 2);
    CHECK(state.retries == retry_reserve);
    t.count_first();
    CHECK_FALSE(t.take_retry());
    t.count_first();  // half a retry each
    CHECK(t.take_retry());
    CHECK_FALSE(t.take_retry());
    CHECK(state.refused == 4);
}

TEST_CASE("threads that retry at the same time never take more than the budget, and no less", "[traffic]") {
    constexpr std::size_t threads = 8;
    constexpr std::uint64_t firsts = 500'000, tries = 50'000, budget = retry_reserve + firsts / 5;
    traffic_state state{};
    state.firsts = firsts;
    std::atomic<std::uint64_t> taken = 0;
    at_the_same_time(threads, [&](std::size_t) {
        traffic mine(state, 0.2, 0);
        std::uint64_t n = 0;
        for (std::uint64_t i = 0; i < tries; ++i) n += mine.take_retry() ? 1u : 0u;
        taken += n;
    });
    CHECK(taken == budget);
    CHECK(state.retries == budget);
    CHECK(state.refused == threads * tries - budget);
}

TEST_CASE("without a rate limit a request may be sent now", "[traffic]") {
    traffic_state state{};
    traffic t(state, 0, 0);
    for (int i = 0; i < 1'000; ++i) REQUIRE(t.next_slot(start, start) == start);
    CHECK(state.next_ns == 0);
}

TEST_CASE("a tenth of a second's requests leave at once, the others as far apart as the rate says", "[traffic]") {
    struct row {
        std::uint64_t per_second, burst;
        std::chrono::nanoseconds apart;
    };
    const auto r = GENERATE(values<row>({{1, 1, 1s},
                                         {9, 1, 111'111'111ns},
                                         {10, 1, 100ms},
                                         {19, 1, 52'631'578ns},
                                         {20, 2, 50ms},
                                         {100, 10, 10ms},
                                         {1'000, 100, 1ms},
                                         {10'000'000, 1'000'000, 100ns}}));
    CAPTURE(r.per_second);
    CHECK(traffic::burst_of(r.per_second) == r.burst);
    traffic_state state{};
    traffic t(state, 0, r.per_second);
    for (std::uint64_t i = 0; i < r.burst; ++i) REQUIRE(t.next_slot(start, never) == start);
    for (int i = 1; i <= 5; ++i) CHECK(t.next_slot(start, never) == start + i * r.apart);
}

TEST_CASE("a pause fills the bucket, and no more than that", "[traffic]") {
    traffic_state state{};
    traffic t(state, 0, 100);
    const auto burst_at = [&](traffic::time_point now) {
        std::uint64_t n = 0;
        for (; t.next_slot(now, now); ++n) {
        }
        return n;
    };
    CHECK(burst_at(start) == 10);
    CHECK(burst_at(start) == 0);
    CHECK(burst_at(start + 9ms) == 0);
    CHECK(burst_at(start + 10ms) == 1);
    CHECK(burst_at(start + 60ms) == 5);
    CHECK(burst_at(start + 1h) == 10);
}

TEST_CASE("a slot that would come too late takes no token", "[traffic]") {
    traffic_state state{};
    traffic t(state, 0, 10);
    REQUIRE(t.next_slot(start, start) == start);
    for (int i = 0; i < 100; ++i) REQUIRE_FALSE(t.next_slot(start, start + 100ms - 1ns));
    CHECK(t.next_slot(start, start + 100ms) == start + 100ms);  // the very next one, in time to the nanosecond
    CHECK(t.next_slot(start, never) == start + 200ms);
}

TEST_CASE("threads that ask at the same time get slots that are all different, and none is left out", "[traffic]") {
    constexpr std::size_t threads = 4, each = 50'000;
    traffic_state state{};
    std::vector<std::vector<traffic::time_point>> given(threads);
    at_the_same_time(threads, [&](std::size_t i) {
        traffic mine(state, 0, 10);
        for (std::size_t n = 0; n < each; ++n) given[i].push_back(mine.next_slot(start, never).value());
    });
    std::vector<traffic::time_point> all;
    for (const auto& slots : given) all.insert(all.end(), slots.begin(), slots.end());
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == threads * each);
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == start + i * 100ms);
}
