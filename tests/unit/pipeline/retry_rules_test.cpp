// Backoff: if it is too short, it overloads a struggling server; if too long (or negative, after an overflow), a run
// hangs. Retry-After is foreign text.
#include "pipeline/retry_rules.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::WithinRel;

namespace {

constexpr std::uint64_t least = 0, most = ~0ull;
constexpr retry_policy usual{4, 50ms, 2s};

/// A minute before the date that RFC 9110 gives as its example.
constexpr std::chrono::sys_seconds now{784111777s - 60s};

}  // namespace

TEST_CASE("what may be better next time is tried again, and nothing else", "[retry]") {
    const std::set worth{error_kind::connect, error_kind::resources, error_kind::reset,
                         error_kind::timeout, error_kind::throttled, error_kind::server_error};
    for (std::size_t k = 0; k < error_kind_count; ++k) {
        const auto kind = static_cast<error_kind>(k);
        CAPTURE(name_of(kind));
        CHECK(worth_retrying(kind) == worth.contains(kind));
    }
}

TEST_CASE("the ceiling of the backoff doubles with every attempt, up to the cap", "[retry]") {
    CHECK(backoff(usual, 1, most) == 50ms);
    CHECK(backoff(usual, 2, most) == 100ms);
    CHECK(backoff(usual, 3, most) == 200ms);
    CHECK(backoff(usual, 6, most) == 1600ms);
    CHECK(backoff(usual, 7, most) == 2s);
    CHECK(backoff(usual, 8, most) == 2s);
}

TEST_CASE("the backoff does not overflow, however many attempts there are", "[retry]") {
    for (const unsigned attempt : {31u, 32u, 33u, 64u, 65u, 100u, ~0u}) {
        CAPTURE(attempt);
        CHECK(backoff(usual, attempt, most) == 2s);
        CHECK(backoff({100, 24h, 24h}, attempt, most) == 24h);
        CHECK(backoff(usual, attempt, least) == 0s);
    }
    CHECK(backoff({100, 1us, 24h}, 100, most) > 10min);
}

TEST_CASE("jitter is full: uniform from nothing to the ceiling", "[retry]") {
    constexpr int steps = 1000;
    for (int i = 0; i < steps; ++i) {
        const auto random = static_cast<std::uint64_t>(i) * (most / steps);
        const double expected_us = 200'000.0 * i / steps;
        REQUIRE(std::abs(static_cast<double>(backoff(usual, 3, random).count()) - expected_us) <= 1);
    }
}

TEST_CASE("a policy without waiting does not wait", "[retry]") {
    CHECK(backoff({4, 0ms, 2s}, 3, most) == 0s);
    CHECK(backoff({4, 50ms, 0s}, 3, most) == 0s);
    CHECK(backoff({4, 5s, 1s}, 1, most) == 1s);  // the cap counts from the first attempt
}

TEST_CASE("the random number of an order and attempt is the same in every pattern", "[retry]") {
    CHECK(random_of(42, 7, 1) == random_of(42, 7, 1));
    std::set<std::uint64_t> seen;
    for (const std::uint64_t seed : {0u, 1u, 42u})
        for (order_id id = 1; id <= 1000; ++id)
            for (unsigned attempt = 1; attempt <= 4; ++attempt) seen.insert(random_of(seed, id, attempt));
    CHECK(seen.size() == 3 * 1000 * 4);
}

TEST_CASE("over many orders the backoff spreads evenly", "[retry]") {
    constexpr int orders = 10'000, buckets = 10;
    std::array<int, buckets> in{};
    double sum_us = 0;
    for (order_id id = 1; id <= orders; ++id) {
        const auto wait = backoff(usual, 1, random_of(42, id, 1));
        sum_us += static_cast<double>(wait.count());
        ++in.at(static_cast<std::size_t>(wait.count() * buckets / 50'001));
    }
    CHECK_THAT(sum_us / orders, WithinRel(25'000.0, 0.03));
    for (const int orders_in_it : in) CHECK_THAT(orders_in_it, WithinRel(1000.0, 0.15));
}

TEST_CASE("Retry-After in seconds is how long to wait, and a day at the most", "[retry]") {
    CHECK(parse_retry_after("0", now) == 0s);
    CHECK(parse_retry_after("120", now) == 120s);
    CHECK(parse_retry_after("007", now) == 7s);
    CHECK(parse_retry_after("86400", now) == max_duration);
    CHECK(parse_retry_after("86401", now) == max_duration);
    CHECK(parse_retry_after("18446744073709551617", now) == max_duration);
    CHECK(parse_retry_after(std::string(max_retry_after, '9'), now) == max_duration);
}

TEST_CASE("Retry-After as a date is understood in all three forms of HTTP", "[retry]") {
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 60s);
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == 60s);
    CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", now) == 60s);
    CHECK(parse_retry_after("Sun Nov 06 08:49:37 1994", now) == 60s);
    CHECK(parse_retry_after("Wed Nov 16 08:49:37 1994", now) == max_duration);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:60 GMT", now) == 83s);  // a leap second
}

TEST_CASE("a Retry-After date that has passed means now, and a far one a day", "[retry]") {
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:48:36 GMT", now) == 0s);
    CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now) == 0s);
    CHECK(parse_retry_after("Sat, 01 Jan 0000 00:00:00 GMT", now) == 0s);
    CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now) == max_duration);
}

TEST_CASE("a year of two digits is at most 50 years ahead", "[retry]") {
    CHECK(parse_retry_after("Saturday, 06-Nov-44 08:49:37 GMT", now) == max_duration);  // 2044
    CHECK(parse_retry_after("Monday, 06-Nov-45 08:49:37 GMT", now) == 0s);              // 1945
    const std::chrono::sys_seconds end_of_1999{946684799s};
    CHECK(parse_retry_after("Saturday, 01-Jan-00 00:00:00 GMT", end_of_1999) == 1s);
}

TEST_CASE("what is no Retry-After is nothing", "[retry]") {
    for (const std::string_view value : {"",
                                         " ",
                                         "-1",
                                         "+1",
                                         "1.5",
                                         "1e3",
                                         "0x10",
                                         " 120",
                                         "120 ",
                                         "120s",
                                         "soon",
                                         "Sun, 06 Nov 1994 08:49:37",
                                         "Sun, 06 Nov 1994 08:49:37 UTC",
                                         "Sun, 06 Nov 1994 08:49:37 +0000",
                                         "sun, 06 nov 1994 08:49:37 gmt",
                                         "Xyz, 06 Nov 1994 08:49:37 GMT",
                                         "Sun, 6 Nov 1994 08:49:37 GMT",
                                         "Sun, 31 Feb 1994 08:49:37 GMT",
                                         "Sun, 00 Nov 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 24:00:00 GMT",
                                         "Sun, 06 Nov 1994 08:60:00 GMT",
                                         "Sun, 06 Nov 1994 08:49:61 GMT",
                                         "Sun, 06-Nov-94 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994 GMT",
                                         "Sun Nov 6 08:49:37 1994",
                                         "Sun, 06 Nov 1994 08:49:37 GMT ",
                                         "Sun, 06 Nov 1994 08:49:3"}) {
        CAPTURE(value);
        CHECK(parse_retry_after(value, now) == std::nullopt);
    }
    CHECK(parse_retry_after(std::string(max_retry_after + 1, '0'), now) == std::nullopt);
    CHECK(parse_retry_after(std::string_view("12\0", 3), now) == std::nullopt);
}
