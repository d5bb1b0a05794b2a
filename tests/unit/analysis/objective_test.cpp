// A wrong "met" would let a deployment go live that is too slow. The counts were computed with 60 decimal digits.
#include "analysis/objective.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <stdexcept>

using namespace pipebench;

namespace {

objective_verdict judged(double quantile, std::uint64_t orders, std::uint64_t late) {
    return judge_objective(quantile, {.orders = orders, .late = late});
}

/// The counts on both sides of both borders.
void check_borders(double quantile, std::uint64_t orders, std::uint64_t most_met, std::uint64_t fewest_not_met) {
    CAPTURE(quantile, orders);
    CHECK(judged(quantile, orders, 0) == objective_verdict::met);
    CHECK(judged(quantile, orders, most_met) == objective_verdict::met);
    CHECK(judged(quantile, orders, most_met + 1) == objective_verdict::cannot_tell);
    CHECK(judged(quantile, orders, fewest_not_met - 1) == objective_verdict::cannot_tell);
    CHECK(judged(quantile, orders, fewest_not_met) == objective_verdict::not_met);
    CHECK(judged(quantile, orders, orders) == objective_verdict::not_met);
}

}  // namespace

TEST_CASE("the verdict on an objective changes at the counts of the exact test", "[objective]") {
    check_borders(0.99, 1'000, 4, 16);
    check_borders(0.99, 8'333, 68, 100);
    check_borders(0.99, 50'000, 463, 538);
    check_borders(0.999, 5'000, 1, 10);
    check_borders(0.9, 1'000, 84, 117);
    check_borders(0.5, 20, 5, 15);
}

TEST_CASE("the late orders of ten million are judged as those of a thousand", "[objective]") {
    constexpr std::uint64_t orders = 10'000'000;
    CHECK(judged(0.99, orders, 100'000) == objective_verdict::cannot_tell);
    CHECK(judged(0.99, orders, 99'000) == objective_verdict::met);       // 3.2 standard deviations
    CHECK(judged(0.99, orders, 101'000) == objective_verdict::not_met);  // as many
}

TEST_CASE("no order is late, and still nobody can tell with fewer orders than a verdict needs", "[objective]") {
    CHECK(orders_for_a_verdict(0.99) == 299);
    CHECK(orders_for_a_verdict(0.999) == 2'995);
    CHECK(orders_for_a_verdict(0.5) == 5);
    for (const double quantile : {0.001, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999}) {
        const auto enough = orders_for_a_verdict(quantile);
        CAPTURE(quantile, enough);
        CHECK(judged(quantile, enough, 0) == objective_verdict::met);
        CHECK(judged(quantile, enough - 1, 0) == objective_verdict::cannot_tell);
    }
}

TEST_CASE("a run without orders proves nothing", "[objective]") {
    CHECK(judged(0.99, 0, 0) == objective_verdict::cannot_tell);
}

TEST_CASE("a few late orders of a small run are enough for a miss", "[objective]") {
    CHECK(judged(0.99, 1, 1) == objective_verdict::not_met);  // a chance of 1 %
    CHECK(judged(0.99, 10, 1) == objective_verdict::cannot_tell);
    CHECK(judged(0.99, 10, 2) == objective_verdict::not_met);
}

TEST_CASE("counts and quantiles that cannot be are a mistake of the caller", "[objective]") {
    CHECK_THROWS_AS(judged(0.99, 10, 11), std::invalid_argument);
    for (const double quantile : {0.0, 1.0, -0.5, 99.0, std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(quantile);
        CHECK_THROWS_AS(judged(quantile, 1'000, 1), std::invalid_argument);
        CHECK_THROWS_AS(orders_for_a_verdict(quantile), std::invalid_argument);
    }
}

TEST_CASE("each verdict on an objective has its words", "[objective]") {
    CHECK(name_of(objective_verdict::met) == "met");
    CHECK(name_of(objective_verdict::not_met) == "not met");
    CHECK(name_of(objective_verdict::cannot_tell) == "cannot tell");
}
