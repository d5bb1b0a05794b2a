// The model says before a run what the run can show. Its values are compared with textbook cases, with values
// computed to 60 decimal digits, and with simulated queues.
#include "analysis/queueing.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <random>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr objective p99_within_500ms{0.99, 500ms};
constexpr offered_load fifty_thousand_an_hour{.rate_per_second = 13.89, .service_seconds = 0.2};

Approx about(double value) { return Approx(value).epsilon(0.01); }

using random_engine = std::mt19937_64;

/// The sorted waits of orders that arrive at random in front of `k` servers.
std::vector<double> simulated_waits(const offered_load& load, std::uint64_t k,
                                    const std::function<double(random_engine&)>& service) {
    random_engine random(42);
    std::exponential_distribution<double> gap(load.rate_per_second);
    std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
    for (std::uint64_t i = 0; i < k; ++i) free_at.push(0);
    std::vector<double> waits(400'000);
    double arrival = 0;
    for (double& wait : waits) {
        arrival += gap(random);
        const double begin = std::max(arrival, free_at.top());
        wait = begin - arrival;
        free_at.pop();
        free_at.push(begin + service(random));
    }
    std::sort(waits.begin(), waits.end());
    return waits;
}

double mean(const std::vector<double>& all) {
    return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
}

double quantile_of(const std::vector<double>& sorted, double quantile) {
    return sorted[static_cast<std::size_t>(static_cast<double>(sorted.size()) * quantile)];
}

}  // namespace

TEST_CASE("Erlang's formulas give the values of the textbooks", "[queueing]") {
    CHECK(erlang_b(1, 2) == Approx(0.2));
    CHECK(erlang_c(1, 2) == Approx(1.0 / 3));
    CHECK(erlang_b(10, 10) == Approx(0.21458234310734733));
    CHECK(erlang_c(9, 10) == Approx(0.668731524107697));
    CHECK(erlang_c(2.778, 5) == Approx(0.18473915234420213));
    for (const double rho : {0.1, 0.5, 0.99}) CHECK(erlang_c(rho, 1) == Approx(rho));  // M/M/1
}

TEST_CASE("Erlang's formulas hold for thousands of servers", "[queueing]") {
    CHECK(erlang_b(9'900, 10'000) == Approx(0.0028581267388565865));
    CHECK(erlang_c(9'900, 10'000) == Approx(0.22277692886414824));
    CHECK(erlang_c(9'990, 10'000) == Approx(0.8805417113739897));
    CHECK(erlang_b(4'000, 10'000) == 0);  // below the smallest double
    CHECK(erlang_c(4'000, 10'000) == 0);
    CHECK(wait_quantile_seconds({49'950, 0.2}, 10'000, 0.99) == Approx(0.08955904412385365));
}

TEST_CASE("without load nobody waits", "[queueing]") {
    for (const offered_load load : {offered_load{0, 0.2}, offered_load{500, 0}}) {
        CHECK(utilisation(load, 3) == 0);
        CHECK(erlang_c(load.erlangs(), 3) == 0);
        CHECK(share_waiting_longer(load, 3, 0) == 0);
        CHECK(mean_wait_seconds(load, 3) == 0);
        CHECK(wait_quantile_seconds(load, 3, 0.99) == 0);
    }
}

TEST_CASE("in an unstable queue everybody waits, without end", "[queueing]") {
    for (const double rate : {500.0, 501.0, 1e9}) {
        const offered_load load{rate, 0.2};
        CAPTURE(rate);
        CHECK(utilisation(load, 100) >= 1);
        CHECK(share_waiting_longer(load, 100, 1e9) == 1);
        CHECK(mean_wait_seconds(load, 100) == infinity);
        CHECK(wait_quantile_seconds(load, 100, 0.5) == infinity);
        CHECK(response_quantile_seconds(load, 100, 0.5) == infinity);
        CHECK(settle_seconds(load, 100) == infinity);
    }
}

TEST_CASE("a load next to saturation has a long wait, never a negative one", "[queueing]") {
    for (const double service : {0.1, 0.2, 0.3, 0.7})
        for (std::uint64_t k = 1; k < 200; ++k) {
            const offered_load load{std::nextafter(highest_rate_per_second(service, k), 0.0), service};
            CAPTURE(service, k);
            CHECK(wait_quantile_seconds(load, k, 0.5) > 1e9);
            CHECK(mean_wait_seconds(load, k) > 1e9);
        }
}

TEST_CASE("the p99 of an hour of 50,000 orders falls with each worker", "[queueing]") {
    const auto p99 = [](std::uint64_t k) { return response_quantile_seconds(fifty_thousand_an_hour, k, 0.99); };
    CHECK(p99(2) == infinity);
    CHECK(p99(3) == about(4.2165));
    CHECK(p99(4) == about(0.8118));
    CHECK(p99(5) == about(0.4625));
    CHECK(p99(6) == about(0.3235));
    CHECK(p99(8) == 0.2);  // fewer than 1 % wait at all
    CHECK(utilisation(fifty_thousand_an_hour, 5) == about(0.5556));
    CHECK(response_quantile_seconds({13.89, 0.35}, 8, 0.99) == about(0.650));
    CHECK(response_quantile_seconds({13.89, 0.35}, 10, 0.99) == about(0.426));
    CHECK(response_quantile_seconds({13.89, 0.35}, 20, 0.99) == 0.35);
}

TEST_CASE("the quantile of the wait is the wait that the other orders exceed", "[queueing]") {
    for (const double quantile : {0.9, 0.99, 0.9999}) {
        const double wait = wait_quantile_seconds(fifty_thousand_an_hour, 4, quantile);
        CHECK(share_waiting_longer(fifty_thousand_an_hour, 4, wait) == Approx(1 - quantile));
    }
    CHECK(share_waiting_longer(fifty_thousand_an_hour, 4, 0) ==
          Approx(erlang_c(fifty_thousand_an_hour.erlangs(), 4)));
}

TEST_CASE("the model agrees with a simulated queue of exponential service times", "[queueing]") {
    const auto exponential = [](random_engine& r) { return std::exponential_distribution<double>(1 / 0.2)(r); };
    const auto waits = simulated_waits(fifty_thousand_an_hour, 4, exponential);
    CHECK(mean(waits) == Approx(mean_wait_seconds(fifty_thousand_an_hour, 4)).epsilon(0.05));
    for (const double q : {0.9, 0.99})
        CHECK(quantile_of(waits, q) == Approx(wait_quantile_seconds(fifty_thousand_an_hour, 4, q)).epsilon(0.05));
}

TEST_CASE("a simulated queue of constant service times waits for about half as long, never for longer",
          "[queueing]") {
    for (const std::uint64_t k : {3u, 4u, 5u}) {
        CAPTURE(k);
        const auto waits = simulated_waits(fifty_thousand_an_hour, k, [](random_engine&) { return 0.2; });
        const double share_of_bound = mean(waits) / mean_wait_seconds(fifty_thousand_an_hour, k);
        CHECK(share_of_bound > 0.4);
        CHECK(share_of_bound < 0.7);
        for (const double q : {0.5, 0.9, 0.99, 0.999})
            CHECK(quantile_of(waits, q) <= wait_quantile_seconds(fifty_thousand_an_hour, k, q) + 1e-9);
    }
}

TEST_CASE("pooled workers can carry more each", "[queueing]") {
    struct row {
        std::uint64_t k;
        double rate_per_second;
    };
    for (const row r : {row{1, 0.2104}, row{2, 2.449}, row{4, 10.25}, row{8, 28.68}, row{10, 38.28}, row{20, 87.27},
                        row{50, 236.3}, row{100, 485.9}, row{150, 735.7}}) {
        CAPTURE(r.k);
        CHECK(highest_rate_within(p99_within_500ms, 0.2, r.k).value() == Approx(r.rate_per_second).epsilon(0.0005));
    }
}

TEST_CASE("the highest rate is within the objective, and hardly more is not", "[queueing]") {
    for (const std::uint64_t k : {1u, 7u, 1'000u, 10'000u}) {
        const double rate = highest_rate_within(p99_within_500ms, 0.2, k).value();
        CAPTURE(k, rate);
        CHECK(rate < highest_rate_per_second(0.2, k));
        CHECK(response_quantile_seconds({rate, 0.2}, k, 0.99) < 0.5);
        CHECK(response_quantile_seconds({rate * (1 + 1e-9), 0.2}, k, 0.99) >= 0.5);
    }
}

TEST_CASE("a service time that alone reaches the limit leaves no rate and no number of workers", "[queueing]") {
    for (const double service : {0.5, 0.501, 60.0}) {
        CHECK_FALSE(highest_rate_within(p99_within_500ms, service, 1'000));
        CHECK_FALSE(fewest_in_flight_within(p99_within_500ms, {0.001, service}));
    }
    CHECK(highest_rate_within(p99_within_500ms, 0.499, 1'000).value() > 0);
    CHECK(highest_rate_within(p99_within_500ms, 0, 1) == infinity);
}

TEST_CASE("the fewest workers are enough, and one fewer is not", "[queueing]") {
    CHECK(fewest_in_flight_within(p99_within_500ms, fifty_thousand_an_hour) == 5);
    CHECK(fewest_in_flight_within({0.99, 815ms}, fifty_thousand_an_hour) == 4);
    CHECK(fewest_in_flight_within(p99_within_500ms, {0.1, 0.2}) == 1);
    for (const double rate : {1.0, 100.0, 5'000.0, 49'000.0}) {
        const auto k = fewest_in_flight_within(p99_within_500ms, {rate, 0.2}).value();
        CAPTURE(rate, k);
        CHECK(response_quantile_seconds({rate, 0.2}, k, 0.99) < 0.5);
        CHECK(response_quantile_seconds({rate, 0.2}, k - 1, 0.99) >= 0.5);
    }
}

TEST_CASE("a load for more workers than are considered has no answer", "[queueing]") {
    CHECK(fewest_in_flight_within(p99_within_500ms, {49'984.5, 0.2}) == most_in_flight_considered);
    CHECK_FALSE(fewest_in_flight_within(p99_within_500ms, {50'000, 0.2}));
    CHECK_FALSE(fewest_in_flight_within(p99_within_500ms, {1e12, 0.2}));
}

TEST_CASE("a queue takes the longer to settle the fuller and the smaller it is", "[queueing]") {
    CHECK(settle_seconds({450, 0.2}, 100) == about(0.759));
    CHECK(settle_seconds({475, 0.2}, 100) == about(3.12));
    CHECK(settle_seconds({490, 0.2}, 100) == about(19.8));
    CHECK(settle_seconds({98, 0.2}, 20) == about(99.0));
}

TEST_CASE("an overload leaves a queue that takes time to drain", "[queueing]") {
    const auto left = overload_after({800, 0.2}, 100, 60);
    CHECK(left.queued_orders == Approx(18'000));
    CHECK(left.drain_seconds == Approx(36));
    CHECK(overload_after({499, 0.2}, 100, 60).queued_orders == 0);
    CHECK(overload_after({500, 0.2}, 100, 60).queued_orders == 0);
    CHECK(overload_after({500, 0.2}, 100, 60).drain_seconds == 0);
}

TEST_CASE("work on the event loop delays the loop, the more the busier it is", "[queueing]") {
    const auto delay_ms = [](double rate) { return 1e3 * mean_delay_seconds({rate, 0.005}); };
    CHECK(delay_ms(0) == 0);
    CHECK(delay_ms(0.93) == Approx(0.0117).epsilon(0.01));
    CHECK(delay_ms(50) == about(0.833));
    CHECK(delay_ms(100) == about(2.5));
    CHECK(delay_ms(150) == about(7.5));
    CHECK(delay_ms(180) == about(22.5));
    CHECK(delay_ms(200) == infinity);
    CHECK(mean_delay_seconds({150, 0.005}) == Approx(mean_wait_seconds({150, 0.005}, 1) / 2));  // M/D/1 and M/M/1
}
