// What is said before an open run: it has to be right when the load fits, and when it does not.
#include "analysis/forecast.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

workload arriving(const char* rate, duration time) {
    workload w;
    w.arrive.rate = *parse_arrival_rate(rate);
    w.arrive.time = time;
    return w;
}

bool about(double value, double expected) { return std::abs(value - expected) <= 0.005 * expected; }

}  // namespace

TEST_CASE("a load that fits has the waits of Erlang's formula", "[forecast]") {
    const auto work = arriving("50k/h", 10min);
    const forecast_terms five{work, 5, true, 0.2};
    const auto f = forecast_of(five);
    CHECK(about(f.erlang, 2.778));
    CHECK(about(f.utilisation, 0.5556));
    CHECK(f.response_p99_ms > 440);
    CHECK(f.response_p99_ms < 463);
    CHECK(f.queue_at_end == 0);
    CHECK(describe(f, "semaphore", five)
              .starts_with("semaphore: 13.89 orders/s x 200 ms = 2.78 erlang, 55.6 % of the 5 that may be in flight: "
                           "expect a p99 of at most "));
    CHECK(forecast_of({work, 150, true, 0.2}).wait_p99_ms == 0);
}

TEST_CASE("a limit that is more than the objectives need is said to be", "[forecast]") {
    auto work = arriving("50k/h", 10min);
    work.objectives = {{0.99, 500ms}};
    const forecast_terms many{work, 150, true, 0.2}, five{work, 5, true, 0.2}, too_slow{work, 150, true, 0.6};
    CHECK(fewest_in_flight_for(many) == 5);
    CHECK(
        describe(forecast_of(many), "semaphore", many) ==
        "semaphore: 13.89 orders/s x 200 ms = 2.78 erlang, 1.85 % of the 150 that may be in flight: hardly any order "
        "waits; 5 would be enough for p99<500ms");
    CHECK(describe(forecast_of(five), "semaphore", five).find("enough") == std::string::npos);
    CHECK_FALSE(fewest_in_flight_for(too_slow));
    work.arrive.process = {arrival_process::kind::burst, 20};
    CHECK_FALSE(fewest_in_flight_for(many));
}

TEST_CASE("a worker that has read several orders is a queue that the formula does not know", "[forecast]") {
    const auto work = arriving("50k/h", 10min);
    const forecast_terms terms{work, 150, true, 0.2, 9};
    CHECK(describe(forecast_of(terms), "redis-streams", terms)
              .ends_with("; if several come at once, one may wait behind up to 9 others (up to 1800 ms) while "
                         "workers are idle"));
}

TEST_CASE("a load that does not fit leaves a queue behind", "[forecast]") {
    const auto work = arriving("800/s", 60s);
    const forecast_terms terms{work, 100, true, 0.2};
    const auto f = forecast_of(terms);
    CHECK(about(f.utilisation, 1.6));
    CHECK(about(f.queue_at_end, 18'000));
    CHECK(std::isnan(f.wait_p99_ms));
    CHECK(describe(f, "semaphore", terms) ==
          "semaphore: 800 orders/s x 200 ms = 160 erlang, more than the 100 that may be in flight can do (500/s): "
          "after 60 s 18000 orders will wait, 36 s of work");
}

TEST_CASE("without a bound nothing waits, and without a known service time nothing is expected", "[forecast]") {
    const auto work = arriving("10/s", 60s);
    const auto unbounded = forecast_of({work, 1000, false, 0.2});
    CHECK(unbounded.wait_p99_ms == 0);
    CHECK(std::isnan(unbounded.utilisation));
    const auto unknown = forecast_of({work, 100, true, 0});
    CHECK(std::isnan(unknown.erlang));
    CHECK(std::isnan(unknown.wait_p99_ms));
}

TEST_CASE("Erlang's waits are not claimed for orders that come in bursts", "[forecast]") {
    auto work = arriving("10/s", 60s);
    work.arrive.process = {arrival_process::kind::burst, 20};
    const auto f = forecast_of({work, 5, true, 0.2});
    CHECK(about(f.utilisation, 0.4));
    CHECK(std::isnan(f.wait_p99_ms));
}
