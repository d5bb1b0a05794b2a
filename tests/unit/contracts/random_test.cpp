// Orders, delays and backoffs are functions of a seed. If these numbers changed, saved results would no longer have
// the same input as new ones.
#include "contracts/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace pipebench;

TEST_CASE("the sequence is that of the published SplitMix64", "[random]") {
    std::uint64_t state = 1234567;
    for (const std::uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                         4593380528125082431u, 16408922859458223821u})
        CHECK(splitmix64(state) == expected);
}

TEST_CASE("neighbouring inputs are mixed into different numbers", "[random]") {
    std::set<std::uint64_t> upper_halves;
    for (std::uint64_t i = 0; i < 1000; ++i) upper_halves.insert(splitmix64_mix(i) >> 32);
    CHECK(upper_halves.size() == 1000);
}
