// Formatting of numbers for people.
#include "contracts/number.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;

TEST_CASE("thousands are set apart", "[number]") {
    CHECK(grouped(7) == "7");
    CHECK(grouped(12'345) == "12,345");
    CHECK(grouped(123'456) == "123,456");
    CHECK(grouped(1'000'000) == "1,000,000");
}

TEST_CASE("one is singular, none and many are plural", "[number]") {
    CHECK(counted(0, "run", "runs") == "0 runs");
    CHECK(counted(1, "run", "runs") == "1 run");
    CHECK(counted(2'000, "run", "runs") == "2,000 runs");
}

TEST_CASE("a share is shown in per cent with three digits", "[number]") {
    CHECK(as_percent(0) == "0 %");
    CHECK(as_percent(0.05) == "5 %");
    CHECK(as_percent(0.12345) == "12.3 %");
    CHECK(as_percent(0.00012345) == "0.0123 %");
    CHECK(as_percent(1) == "100 %");
}
