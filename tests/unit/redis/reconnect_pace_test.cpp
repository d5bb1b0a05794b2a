// A client must find a returning server soon, without retrying in a hot loop.
#include "redis/reconnect_pace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>

using namespace pipebench;
using namespace std::chrono_literals;

constexpr reconnect_pace::clock::time_point start{};

TEST_CASE("the pauses grow from the base to the cap, with full jitter", "[reconnect]") {
    std::array<duration, 8> longest{};
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        reconnect_pace pace(1h, seed);
        duration ceiling = reconnect_pace::base;
        for (auto& most : longest) {
            const auto pause = pace.next(start);
            REQUIRE(pause);
            CHECK(*pause >= 0ms);
            CHECK(*pause <= ceiling);
            most = std::max(most, *pause);
            ceiling = std::min(2 * ceiling, reconnect_pace::cap);
        }
    }
    CHECK(longest.front() > reconnect_pace::base * 9 / 10);
    CHECK(longest.back() > reconnect_pace::cap * 9 / 10);
}

TEST_CASE("the patience begins with the first failure, and has an end", "[reconnect]") {
    reconnect_pace pace(10s, 1);
    CHECK(pace.next(start + 1h));
    CHECK(pace.next(start + 1h + 9s));
    CHECK_FALSE(pace.next(start + 1h + 10s));
    CHECK_FALSE(reconnect_pace(0s, 1).next(start));
}

TEST_CASE("a server that stays away for hours overflows nothing", "[reconnect]") {
    reconnect_pace pace(1h, 1);
    for (int tries = 0; tries < 10'000; ++tries) CHECK(pace.next(start) <= reconnect_pace::cap);
}
