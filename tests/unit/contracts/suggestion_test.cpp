// Suggestions for misspelt words. A similar name helps; a different one confuses.
#include "contracts/suggestion.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;

TEST_CASE("one wrong, missing or additional letter is mended", "[suggestion]") {
    for (const auto* given : {"stetus", "statu", "statuss", "tatus", "sttaus"})
        CHECK(did_you_mean(given, {"reset", "status"}) == ", did you mean 'status'?");
}

TEST_CASE("the nearest of the known names is suggested, the first of two that are as near", "[suggestion]") {
    CHECK(did_you_mean("slot", {"slow", "slot-machine"}) == ", did you mean 'slow'?");
    CHECK(did_you_mean("bat", {"cat", "hat"}) == ", did you mean 'cat'?");
}

TEST_CASE("a long name may have more mistakes than a short one", "[suggestion]") {
    CHECK(did_you_mean("wrongxxtent", {"wrong-content"}) == ", did you mean 'wrong-content'?");
    CHECK(did_you_mean("xxxx", {"slow"}).empty());
}

TEST_CASE("a refusal names the kind, the suggestion and everything that is known", "[suggestion]") {
    CHECK(not_one_of("fault", "slo", {"slow", "drip"}) ==
          "'slo' is not a fault, did you mean 'slow'? (known: slow, drip)");
}
