// Outcomes cross process boundaries as bytes, and reports as names.
#include "pipebench/outcome.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <type_traits>

using namespace pipebench;

static_assert(sizeof(outcome) == 4 && std::has_unique_object_representations_v<outcome>);

TEST_CASE("every stage and every kind of failure has a name of its own", "[outcome]") {
    std::set<std::string_view> names;
    for (std::size_t s = 0; s < stage_count; ++s) names.insert(name_of(static_cast<stage>(s)));
    for (std::size_t k = 0; k < error_kind_count; ++k) names.insert(name_of(static_cast<error_kind>(k)));
    CHECK(names.size() == stage_count + error_kind_count);
    CHECK_FALSE(names.contains(""));
    CHECK(name_of(stage::schedule) == "schedule");
    CHECK(name_of(error_kind::dead_letter) == "dead_letter");
}

TEST_CASE("only an outcome without a failure is stored", "[outcome]") {
    CHECK(outcome{}.stored());
    for (std::size_t k = 1; k < error_kind_count; ++k)
        CHECK_FALSE(outcome{.kind = static_cast<error_kind>(k)}.stored());
}

TEST_CASE("bytes that name no stage or kind of ours are not valid", "[outcome]") {
    CHECK(is_valid(outcome{}));
    CHECK(is_valid(outcome{.at = stage::schedule, .kind = error_kind::dead_letter}));
    CHECK_FALSE(is_valid(outcome{.at = static_cast<stage>(stage_count)}));
    CHECK_FALSE(is_valid(outcome{.kind = static_cast<error_kind>(error_kind_count)}));
    CHECK_FALSE(is_valid(outcome{.at = static_cast<stage>(255), .kind = static_cast<error_kind>(255)}));
}
