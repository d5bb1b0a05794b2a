// The plan decides the order of runs. A drift over time must not favour any contestant.
#include "analysis/plan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <numeric>
#include <set>

using namespace pipebench;

namespace {

using order = std::vector<std::size_t>;

order in_turn(std::size_t size) {
    order out(size);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

bool has_each_once(order cells) {
    std::sort(cells.begin(), cells.end());
    return cells == in_turn(cells.size());
}

order column(const std::vector<order>& rounds, std::size_t first, std::size_t position) {
    order out;
    for (std::size_t r = 0; r < rounds.front().size(); ++r) out.push_back(rounds[first + r].at(position));
    return out;
}

/// The rounds of one block.
std::vector<order> block(const std::vector<order>& rounds, std::size_t number) {
    const auto size = static_cast<std::ptrdiff_t>(rounds.front().size());
    const auto begin = rounds.begin() + size * static_cast<std::ptrdiff_t>(number);
    return {begin, begin + size};
}

}  // namespace

TEST_CASE("every round has each alternative once", "[plan]") {
    const std::size_t alternatives = GENERATE(as<std::size_t>{}, 1, 2, 3, 5, 8);
    const std::uint64_t seed = GENERATE(as<std::uint64_t>{}, 0, 1, 42);
    const auto rounds = plan_rounds(alternatives, 4 * alternatives + 1, seed);
    REQUIRE(rounds.size() == 4 * alternatives + 1);
    for (const auto& round : rounds) {
        REQUIRE(round.size() == alternatives);
        CHECK(has_each_once(round));
    }
}

TEST_CASE("every block has each alternative once in each position", "[plan]") {
    const std::size_t alternatives = GENERATE(as<std::size_t>{}, 1, 2, 3, 5, 8);
    const std::uint64_t seed = GENERATE(as<std::uint64_t>{}, 0, 1, 42);
    const auto rounds = plan_rounds(alternatives, 6 * alternatives, seed);
    for (std::size_t first = 0; first < rounds.size(); first += alternatives)
        for (std::size_t position = 0; position < alternatives; ++position)
            CHECK(has_each_once(column(rounds, first, position)));
}

TEST_CASE("the first round is in the order that was asked for, whatever the seed", "[plan]") {
    const std::size_t alternatives = GENERATE(as<std::size_t>{}, 1, 2, 5);
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        CHECK(plan_rounds(alternatives, 3, seed).front() == in_turn(alternatives));
}

TEST_CASE("the same seed gives the same plan, and another seed another", "[plan]") {
    CHECK(plan_rounds(5, 20, 7) == plan_rounds(5, 20, 7));
    CHECK(plan_rounds(5, 20, 7) != plan_rounds(5, 20, 8));
}

TEST_CASE("a longer session begins as a shorter one", "[plan]") {
    const auto longer = plan_rounds(3, 10, 42), shorter = plan_rounds(3, 4, 42);
    CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST_CASE("blocks are drawn anew, and so is who follows whom", "[plan]") {
    const auto rounds = plan_rounds(5, 25, 42);
    for (std::size_t one = 0; one < 5; ++one)
        for (std::size_t other = one + 1; other < 5; ++other) CHECK(block(rounds, one) != block(rounds, other));
}

TEST_CASE("rounds that fill no block are the beginning of one", "[plan]") {
    const auto rounds = plan_rounds(3, 5, 42);
    REQUIRE(rounds.size() == 5);
    for (std::size_t position = 0; position < 3; ++position) CHECK(rounds[3][position] != rounds[4][position]);
}

TEST_CASE("one alternative is measured in every round, and no rounds are no plan", "[plan]") {
    CHECK(plan_rounds(1, 3, 42) == std::vector<order>(3, order{0}));
    CHECK(plan_rounds(5, 0, 42).empty());
    CHECK(plan_rounds(0, 5, 42).empty());
}

TEST_CASE("every order of few alternatives comes once a block, shuffled anew", "[plan]") {
    const auto plan = plan_all_orders(3, 18, 7);
    REQUIRE(plan.size() == 18);
    for (std::size_t block = 0; block < 18; block += 6) {
        const std::set<std::vector<std::size_t>> orders(plan.begin() + static_cast<std::ptrdiff_t>(block),
                                                        plan.begin() + static_cast<std::ptrdiff_t>(block) + 6);
        CHECK(orders.size() == 6);
        for (auto order : orders) {
            std::sort(order.begin(), order.end());
            CHECK(order == std::vector<std::size_t>{0, 1, 2});
        }
    }
    CHECK(std::vector(plan.begin(), plan.begin() + 6) != std::vector(plan.begin() + 6, plan.begin() + 12));
    CHECK(plan == plan_all_orders(3, 18, 7));
    CHECK(plan != plan_all_orders(3, 18, 8));
    CHECK(plan_all_orders(3, 7, 7).size() == 7);
    CHECK(plan_all_orders(1, 2, 7) == std::vector<std::vector<std::size_t>>{{0}, {0}});
}
