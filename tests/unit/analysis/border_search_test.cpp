// The search for a border: which numbers it tries, when it ends, and what it makes of outcomes that contradict.
#include "analysis/border_search.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>

using namespace pipebench;

namespace {

using numbers = std::vector<double>;
constexpr auto met = objective_verdict::met, not_met = objective_verdict::not_met;

constexpr border_terms whole{.numbers = number_kind::whole, .first = 1000, .precision = 0.05};

/// Searches where numbers up to `last` (below) or from it on (above) meet it. Returns what it tried.
numbers search_all(border_search& search, met_side side, double last) {
    numbers out;
    for (auto n = search.next(); n; n = search.next()) {
        out.push_back(*n);
        REQUIRE(out.size() < 100);
        const bool meets = side == met_side::below ? *n <= last : *n >= last;
        search.tried(*n, meets ? met : not_met);
    }
    return out;
}

numbers search_below(border_search& search, double last) { return search_all(search, met_side::below, last); }

}  // namespace

TEST_CASE("the search doubles until something is not met, and bisects to its precision", "[border]") {
    border_search search(whole);
    search.known(10'000, met);
    const auto tried = search_below(search, 28'300);
    CHECK(numbers(tried.begin(), tried.begin() + 3) == numbers{20'000, 40'000, 30'000});
    const auto found = search.report();
    CHECK(found.narrow);
    CHECK_FALSE(found.contradicted);
    CHECK(found.tries == tried.size());
    REQUIRE((found.met && found.not_met));
    CHECK(*found.met <= 28'300);
    CHECK(*found.not_met > 28'300);
    CHECK(*found.not_met - *found.met <= 0.05 * *found.not_met);
}

TEST_CASE("whole numbers end as neighbours, and stay whole", "[border]") {
    const double border = GENERATE(1, 2, 3, 17, 64);
    border_search search({.met = met_side::above, .numbers = number_kind::whole, .first = 5});
    for (const double n : search_all(search, met_side::above, border)) CHECK(n == std::floor(n));
    const auto found = search.report();
    CHECK(found.narrow);
    CHECK(found.met == border);
    CHECK(found.not_met.value_or(0) == border - 1);
}

TEST_CASE("a search of what is met above begins with its first number, and stays above what is known", "[border]") {
    border_search search({.met = met_side::above, .numbers = number_kind::whole, .first = 5});
    search.known(2, not_met);
    CHECK(search_all(search, met_side::above, 4) == numbers{5, 3, 4});
    CHECK(search.report().met == 4);
    CHECK(search.report().not_met == 3);
}

TEST_CASE("a known upper bound is bisected without a try of its own", "[border]") {
    border_search search({.first = 100, .precision = 0.03});
    search.known(200, not_met);
    const auto tried = search_below(search, 174);
    CHECK(tried == numbers{100, 150, 175, 162.5, 168.75, 171.875});
    CHECK(search.report().met == 171.875);
    CHECK(search.report().not_met == 175);
}

TEST_CASE("nothing above the highest number is tried", "[border]") {
    auto terms = whole;
    terms.highest = 5000;
    border_search search(terms);
    search.known(1000, met);
    CHECK(search_below(search, 1e6) == numbers{2000, 4000, 5000});
    CHECK(search.report().met == 5000);
    CHECK_FALSE(search.report().not_met);
    CHECK_FALSE(search.report().narrow);

    terms.highest = 10;
    CHECK(border_search(terms).next() == 10);  // below the first
}

TEST_CASE("a search ends after its tries, and says that it was not close", "[border]") {
    auto terms = whole;
    terms.most_tries = 3;
    border_search search(terms);
    search.known(1000, met);
    CHECK(search_below(search, 1e6).size() == 3);
    CHECK(search.report().met == 8000);
    CHECK_FALSE(search.report().narrow);
}

TEST_CASE("a search that finds nothing met ends, and has one side", "[border]") {
    border_search search(whole);
    search.known(5000, not_met);
    const auto tried = search_below(search, 0);
    REQUIRE_FALSE(tried.empty());
    CHECK(tried.front() == 1000);
    CHECK_FALSE(search.report().met);
    CHECK(search.report().not_met == tried.back());
    CHECK(tried.size() <= whole.most_tries);
}

TEST_CASE("what cannot be told counts as not met, and contradicts nothing", "[border]") {
    border_search search(whole);
    search.known(1000, met);
    search.tried(2000, objective_verdict::cannot_tell);
    CHECK(search.report().not_met == 2000);
    CHECK(search.next() == 1500);
    search.known(3000, met);
    CHECK(search.report().met == 1000);
    CHECK_FALSE(search.report().contradicted);
}

TEST_CASE("of outcomes that contradict each other the cautious ones count, and it is said", "[border]") {
    const auto side = GENERATE(met_side::below, met_side::above);
    CAPTURE(static_cast<int>(side));
    border_search search({.met = side, .numbers = number_kind::whole});
    search.known(20, not_met);
    search.known(side == met_side::below ? 10 : 40, met);
    CHECK_FALSE(search.report().contradicted);
    const double other = GENERATE(20, 25, 15);
    search.known(side == met_side::below ? other : 40 - other, met);
    const bool contradicts = side == met_side::below ? other >= 20 : 40 - other <= 20;
    CHECK(search.report().contradicted == contradicts);
    if (contradicts) CHECK(search.report().met == (side == met_side::below ? 10 : 40));
}
