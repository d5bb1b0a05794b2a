// The floor decides whether a measured time is possible. If it is too high, correct runs are marked invalid; if it is
// too low, impossible ones pass.
#include "analysis/floor.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::WithinRel;

namespace {

workload of_orders(std::uint64_t orders) {
    workload w;
    w.orders = orders;
    return w;
}

}  // namespace

TEST_CASE("the reference experiment takes 20 s at least: 10,000 orders of 200 ms, 100 at once", "[floor]") {
    CHECK_THAT(floor_of(of_orders(10'000), 100).count(), WithinRel(20.0, 1e-9));
}

TEST_CASE("both simulated latencies count", "[floor]") {
    workload w = of_orders(1000);
    w.http.mean = 30ms;
    w.db_latency = 5ms;
    CHECK_THAT(floor_of(w, 10).count(), WithinRel(3.5, 1e-9));
    w.http.mean = 0ms;
    CHECK_THAT(floor_of(w, 10).count(), WithinRel(0.5, 1e-9));
    w.db_latency = 0ms;
    CHECK(floor_of(w, 10).count() == 0);
}

TEST_CASE("no run is shorter than one latency, however much is in flight", "[floor]") {
    CHECK_THAT(floor_of(of_orders(50), 100).count(), WithinRel(0.2, 1e-9));
    CHECK_THAT(floor_of(of_orders(50), ~0ull).count(), WithinRel(0.2, 1e-9));
    CHECK_THAT(floor_of(of_orders(1), 1).count(), WithinRel(0.2, 1e-9));
}

TEST_CASE("nothing at all is no division by zero", "[floor]") {
    CHECK(floor_of(of_orders(0), 0).count() == 0);
    CHECK_THAT(floor_of(of_orders(10), 0).count(), WithinRel(2.0, 1e-9));  // the same as with 1 in flight
}

TEST_CASE("only chance may bring a run below its floor", "[floor]") {
    workload w;
    CHECK(floor_tolerance(w) == 0);
    w.http.spread.kind = jitter::shape::uniform;
    CHECK(floor_tolerance(w) > 0);
    CHECK(floor_tolerance(w) <= 0.1);
    w.http.spread.kind = jitter::shape::lognormal;
    CHECK(floor_tolerance(w) > 0);
}

TEST_CASE("no run is shorter than its requests take to leave under a rate limit", "[floor]") {
    workload w = of_orders(1'000);
    w.rate_limit = 100;
    CHECK_THAT(floor_of(w, 1'000).count(), WithinRel(9.9, 1e-9));  // the first ten are sent at once
    CHECK_THAT(floor_of(w, 100).count(), WithinRel(9.9, 1e-9));
    CHECK_THAT(floor_of(w, 10).count(), WithinRel(20.0, 1e-9));  // the in-flight limit is the tighter bound
    w.rate_limit = 1;
    CHECK_THAT(floor_of(w, 1'000).count(), WithinRel(999.0, 1e-9));
}

TEST_CASE("a rate limit that the orders do not reach bounds nothing", "[floor]") {
    workload w = of_orders(50);
    w.rate_limit = 1'000;  // a burst of 100 is allowed
    CHECK_THAT(floor_of(w, 50).count(), WithinRel(0.2, 1e-9));
    w.orders = 0;
    CHECK(floor_of(w, 50).count() == 0);
    w.orders = 10'000'000;
    w.rate_limit = 0;
    CHECK_THAT(floor_of(w, ~0ull).count(), WithinRel(0.2, 1e-9));
}

TEST_CASE("the CPU cost of a transform counts in the latency of its order, and against the cores", "[floor]") {
    workload w = of_orders(1000);
    w.http.mean = 30ms;
    w.db_latency = 5ms;
    w.transform_cost.mean = 5ms;
    CHECK(latency_of(w) == 40ms);
    CHECK_THAT(floor_of(w, 10, 2).count(), WithinRel(4.0, 1e-9));   // ten at once: 1000 x 40 ms / 10
    CHECK_THAT(floor_of(w, 100, 2).count(), WithinRel(2.5, 1e-9));  // both cores busy: 1000 x 5 ms / 2
    CHECK_THAT(floor_of(w, 100, 1).count(), WithinRel(5.0, 1e-9));
    CHECK_THAT(floor_of(w, 100, 0).count(), WithinRel(5.0, 1e-9));
    w.rate_limit = 100;
    CHECK_THAT(floor_of(w, 100, 2).count(), WithinRel(9.9, 1e-9));
}

TEST_CASE("a calibrated cost is not exact", "[floor]") {
    workload w;
    CHECK(floor_tolerance(w) == 0);
    w.transform_cost.mean = 5ms;
    CHECK(floor_tolerance(w) == 0.05);
}
