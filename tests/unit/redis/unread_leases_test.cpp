// What a consumer has still to read is renewed; what was lost on the way is not, or it would never be delivered
// again.
#include "redis/unread_leases.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using entries = std::vector<std::string>;

TEST_CASE("entries are renewed as long as the exchange that brought them is under way", "[unread_leases]") {
    unread_leases unread;
    CHECK(unread.among({"1-1", "1-2"}, "a", 7) == entries{"1-1", "1-2"});
    CHECK(unread.among({"1-1", "1-2"}, "a", 7) == entries{"1-1", "1-2"});
}

TEST_CASE("entries that are still unread in the next exchange were lost", "[unread_leases]") {
    unread_leases unread;
    CHECK(unread.among({"1-1"}, "a", 7) == entries{"1-1"});
    CHECK(unread.among({"1-1", "1-2"}, "a", 8) == entries{"1-2"});
    CHECK(unread.among({"1-1", "1-2"}, "a", 9).empty());
}

TEST_CASE("consumers have exchanges of their own", "[unread_leases]") {
    unread_leases unread;
    CHECK(unread.among({"1-1"}, "a", 7) == entries{"1-1"});
    CHECK(unread.among({"1-2"}, "b", 8) == entries{"1-2"});
    CHECK(unread.among({"1-1"}, "a", 7) == entries{"1-1"});
}

TEST_CASE("an entry that comes again after it was gone is new", "[unread_leases]") {
    unread_leases unread;
    CHECK(unread.among({"1-1"}, "a", 7) == entries{"1-1"});
    CHECK(unread.among({}, "a", 8).empty());
    CHECK(unread.among({"1-1"}, "a", 9) == entries{"1-1"});
}
