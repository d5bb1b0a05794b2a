// When orders arrive: exact, without drift, and the same for the same seed.
#include "contracts/arrival_schedule.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

workload open_work(const char* rate, std::uint64_t orders) {
    workload w;
    w.arrive.rate = *parse_arrival_rate(rate);
    w.orders = orders;
    return w;
}

std::vector<double> gaps_of(const arrival_schedule& when) {
    std::vector<double> out;
    for (order_id id = 2; id <= when.orders(); ++id)
        out.push_back(std::chrono::duration<double>(when.at(id) - when.at(id - 1)).count());
    return out;
}

}  // namespace

TEST_CASE("without a rate everything is due at the start", "[arrivals]") {
    const arrival_schedule when{workload{}};
    CHECK_FALSE(when.open());
    CHECK(when.at(1) == 0ns);
    CHECK(when.at(10'000) == 0ns);
}

TEST_CASE("constant arrivals are exact to the nanosecond, and do not drift", "[arrivals]") {
    const arrival_schedule hundred(open_work("100/s", 1000));
    CHECK(hundred.at(1) == 0ns);
    CHECK(hundred.at(2) == 10ms);
    CHECK(hundred.at(1000) == 9990ms);
    CHECK(hundred.end() == 10s);
    // 3 per second have no exact interval; after an hour the millionth of a second would be off if it were added up.
    const arrival_schedule three(open_work("3/s", 1'000'000));
    CHECK(three.at(2) == 333'333'333ns);
    CHECK(three.at(10'801) == 1h);
    CHECK(three.at(999'001) == 333'000s);
    const arrival_schedule hourly(open_work("50k/h", 50'001));
    CHECK(hourly.at(50'001) == 1h);
}

TEST_CASE("as many orders arrive in a time as the rate says", "[arrivals]") {
    arrivals when;
    when.rate = *parse_arrival_rate("100/s");
    when.time = 10s;
    CHECK(orders_arriving_in(when, 1) == 1000);
    when.rate = *parse_arrival_rate("50k/h");
    when.time = 10min;
    CHECK(orders_arriving_in(when, 1) == 8334);  // the last third of an order arrives within it
    when.process = {arrival_process::kind::burst, 20};
    CHECK(orders_arriving_in(when, 1) == 8340);
    when.time = 24h;
    when.rate = *parse_arrival_rate("1M/s");
    CHECK(orders_arriving_in(when, 1) > max_arrivals);
}

TEST_CASE("a burst arrives at once, and bursts keep the rate", "[arrivals]") {
    auto work = open_work("100/s", 60);
    work.arrive.process = {arrival_process::kind::burst, 20};
    const arrival_schedule when(work);
    CHECK(when.at(1) == when.at(20));
    CHECK(when.at(21) == 200ms);
    CHECK(when.at(40) == 200ms);
    CHECK(when.at(60) == 400ms);
    CHECK(when.end() == 600ms);
}

TEST_CASE("Poisson arrivals follow from the seed, and have exponential gaps", "[arrivals]") {
    auto work = open_work("100/s", 20'000);
    work.arrive.process = {arrival_process::kind::poisson, 1};
    const arrival_schedule when(work), again(work);
    work.seed = 43;
    const arrival_schedule other(work);
    CHECK(when.at(777) == again.at(777));
    CHECK(when.at(777) != other.at(777));
    const auto gaps = gaps_of(when);
    double sum = 0, squares = 0, longer = 0;
    for (const double g : gaps) {
        REQUIRE(g >= 0);
        sum += g;
        squares += g * g;
        longer += g > 0.01 ? 1 : 0;
    }
    const auto n = static_cast<double>(gaps.size());
    const double mean = sum / n, deviation = std::sqrt(squares / n - mean * mean);
    CHECK(std::abs(mean - 0.01) < 0.0003);         // 4 standard errors
    CHECK(std::abs(deviation / mean - 1) < 0.04);  // of an exponential distribution
    CHECK(std::abs(longer / n - std::exp(-1)) < 0.015);
}

TEST_CASE("the number of Poisson arrivals in a time is that of the schedule", "[arrivals]") {
    auto work = open_work("50/s", 1);
    work.arrive.process = {arrival_process::kind::poisson, 1};
    work.arrive.time = 20s;
    work.orders = orders_arriving_in(work.arrive, work.seed);
    CHECK(work.orders > 850);
    CHECK(work.orders < 1150);
    CHECK(arrival_schedule(work).last() < 20s);
    ++work.orders;
    CHECK(arrival_schedule(work).last() >= 20s);
}

TEST_CASE("steps keep each rate for its time", "[arrivals]") {
    workload work;
    work.arrive.steps = *parse_rate_steps("10/s,50/s,100/s");
    work.arrive.time = 2s;
    work.orders = orders_arriving_in(work.arrive, 1);
    CHECK(work.orders == 20 + 100 + 200);
    const arrival_schedule when(work);
    CHECK(when.at(20) == 1900ms);
    CHECK(when.at(21) == 2s);
    CHECK(when.at(22) == 2020ms);
    CHECK(when.at(121) == 4s);
    CHECK(when.end() == 6s);
}

TEST_CASE("a ramp has the expected number of arrivals at every moment", "[arrivals]") {
    workload work;
    work.arrive.ramp = *parse_rate_ramp("10/s..100/s");
    work.arrive.time = 10s;
    work.orders = orders_arriving_in(work.arrive, 1);
    CHECK(work.orders == 550);
    const arrival_schedule when(work);
    // 10 t + 4.5 t^2 orders have arrived by t.
    CHECK(when.due_by(5s) == 163);  // the first one at 0, and 162.5 after it
    CHECK(when.at(1) == 0ns);
    CHECK(when.last() < 10s);
    for (order_id id = 2; id <= work.orders; ++id) REQUIRE(when.at(id) > when.at(id - 1));
    work.arrive.ramp = *parse_rate_ramp("100/s..10/s");
    const arrival_schedule down(work);
    for (order_id id = 2; id <= work.orders; ++id) REQUIRE(down.at(id) > down.at(id - 1));
}

TEST_CASE("how many have arrived by a time is the inverse of when they arrive", "[arrivals]") {
    auto work = open_work("7/s", 500);
    for (const auto kind : {arrival_process::kind::constant, arrival_process::kind::poisson}) {
        work.arrive.process.is = kind;
        const arrival_schedule when(work);
        for (const order_id id : {1u, 2u, 250u, 500u}) {
            CHECK(when.due_by(when.at(id)) == id);
            CHECK(when.due_by(when.at(id) - 1ns) == id - 1);
        }
    }
}
