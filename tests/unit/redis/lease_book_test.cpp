// The lease book decides which orders are delivered again, and together with which. A forgotten entry is stuck until
// a lease has passed; one delivered twice is done twice; one delivered with a poison order dies with it.
#include "redis/lease_book.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <algorithm>

using namespace pipebench;
using entries = std::vector<std::string>;

namespace {

const std::string one = "1-1", two = "1-2", three = "1-3", four = "1-4";

entries names(const std::vector<lease_book::taken_over>& all) {
    entries out;
    for (const auto& t : all) out.push_back(t.entry);
    return out;
}

/// All entries that a renewal would keep.
entries in_hand(const lease_book& book) {
    entries out;
    for (const auto& r : book.renewals()) out.insert(out.end(), r.entries.begin(), r.entries.end());
    std::ranges::sort(out);
    return out;
}

void take_over(lease_book& book, const std::string& entry, std::uint64_t deliveries) {
    book.take_over(entry, "heir");
    book.count(entry, deliveries);
}

}  // namespace

TEST_CASE("an entry is in hand once, until it is given back", "[lease_book]") {
    lease_book book;
    CHECK(book.take(one, "a"));
    CHECK_FALSE(book.take(one, "a"));
    CHECK_FALSE(book.take(one, "b"));
    CHECK(in_hand(book) == entries{one});
    book.give_back(one);
    CHECK(in_hand(book).empty());
    CHECK(book.take(one, "b"));
}

TEST_CASE("the book tells what is in hand", "[lease_book]") {
    lease_book book;
    CHECK_FALSE(book.holds(one));
    CHECK(book.take(one, "a"));
    CHECK(book.holds(one));
    book.give_back(one);
    CHECK_FALSE(book.holds(one));
    take_over(book, two, 1);
    CHECK(book.holds(two));
}

TEST_CASE("to give back what is not in hand does no harm", "[lease_book]") {
    lease_book book;
    book.give_back(one);
    CHECK(book.take(one, "a"));
    book.give_back(two);
    CHECK(in_hand(book) == entries{one});
}

TEST_CASE("every entry in hand is renewed in its owner's name", "[lease_book]") {
    lease_book book;
    CHECK(book.renewals().empty());
    REQUIRE(book.take(one, "a"));
    REQUIRE(book.take(two, "b"));
    REQUIRE(book.take(three, "a"));
    CHECK(book.renewals() == std::vector<lease_book::renewal>{{"a", {one, three}}, {"b", {two}}});
}

TEST_CASE("a renewal has a limit, and more entries make more renewals", "[lease_book]") {
    constexpr std::size_t most = lease_book::max_entries_per_renewal;
    lease_book book;
    for (std::size_t i = 0; i < 2 * most + 1; ++i) REQUIRE(book.take(fmt::format("1-{:05}", i), "a"));
    REQUIRE(book.take("0-1", "b"));  // between the owner's own
    REQUIRE(book.take("2-1", "b"));
    const auto due = book.renewals();
    REQUIRE(due.size() == 4);
    CHECK(due[0] == lease_book::renewal{"b", {"0-1", "2-1"}});
    CHECK(due[1].entries.size() == most);
    CHECK(due[2].entries.size() == most);
    CHECK(due[3] == lease_book::renewal{"a", {fmt::format("1-{:05}", 2 * most)}});
    CHECK(in_hand(book).size() == 2 * most + 3);
}

TEST_CASE("what could not be renewed is in hand no more, what was is, and what came meanwhile is", "[lease_book]") {
    lease_book book;
    REQUIRE(book.take(one, "a"));
    REQUIRE(book.take(two, "b"));
    const auto asked = book.renewals();
    REQUIRE(book.take(three, "a"));  // while Redis answers
    book.give_back_unrenewed(asked, {two});
    CHECK(in_hand(book) == entries{two, three});
}

TEST_CASE("an entry that is taken over is in hand at once, and is delivered when its deliveries are known",
          "[lease_book]") {
    lease_book book;
    book.take_over(one, "heir");
    book.take_over(two, "heir");
    CHECK(book.renewals() == std::vector<lease_book::renewal>{{"heir", {one, two}}});
    CHECK(book.uncounted() == entries{one, two});
    CHECK(book.next_to_deliver(10).empty());
    CHECK(book.exhausted(0).empty());
    book.count(two, 1);
    CHECK(book.uncounted() == entries{one});
    CHECK(book.next_to_deliver(10) == std::vector<lease_book::taken_over>{{two, 1}});
    CHECK(in_hand(book) == entries{one, two});  // until it is given back
}

TEST_CASE("an entry of this process that was renewed too late stays where it is, with its new owner",
          "[lease_book]") {
    lease_book book;
    REQUIRE(book.take(one, "slow"));
    book.take_over(one, "heir");
    CHECK(book.uncounted().empty());
    CHECK(book.next_to_deliver(10).empty());
    CHECK(book.renewals() == std::vector<lease_book::renewal>{{"heir", {one}}});
    take_over(book, two, 1);
    book.take_over(two, "heir");  // while it waits
    CHECK(names(book.next_to_deliver(10)) == entries{two});
    CHECK(book.next_to_deliver(10).empty());
}

TEST_CASE("an entry that is not pending any more is neither delivered nor renewed", "[lease_book]") {
    lease_book book;
    book.take_over(one, "heir");
    book.count(one, std::nullopt);
    book.count(two, 1);  // it was not taken over
    CHECK(book.uncounted().empty());
    CHECK(book.next_to_deliver(10).empty());
    CHECK(in_hand(book).empty());
}

TEST_CASE("entries that were delivered once come together, in their order, up to the limit", "[lease_book]") {
    lease_book book;
    for (const auto& entry : {three, one, two}) take_over(book, entry, 1);
    CHECK(names(book.next_to_deliver(2)) == entries{three, one});
    CHECK(names(book.next_to_deliver(2)) == entries{two});
    CHECK(book.next_to_deliver(2).empty());
}

TEST_CASE("a suspect comes alone, after all that are none", "[lease_book]") {
    lease_book book;
    take_over(book, one, lease_book::suspect_deliveries);
    take_over(book, two, 1);
    take_over(book, three, lease_book::suspect_deliveries + 1);
    take_over(book, four, 1);
    CHECK(names(book.next_to_deliver(10)) == entries{two, four});
    CHECK(book.next_to_deliver(10) == std::vector<lease_book::taken_over>{{one, 2}});
    CHECK(book.next_to_deliver(10) == std::vector<lease_book::taken_over>{{three, 3}});
    CHECK(book.next_to_deliver(10).empty());
}

TEST_CASE("an entry that was delivered too often is exhausted, and not delivered again", "[lease_book]") {
    lease_book book;
    take_over(book, one, 5);
    take_over(book, two, 4);
    take_over(book, three, 6);
    CHECK(book.exhausted(5) == std::vector<lease_book::taken_over>{{one, 5}, {three, 6}});
    CHECK(book.exhausted(5).empty());
    CHECK(names(book.next_to_deliver(10)) == entries{two});
    CHECK(in_hand(book) == entries{one, two, three});  // until they are dead-lettered
}

TEST_CASE("the book has room for a page more until enough wait, counted or not", "[lease_book]") {
    lease_book book;
    for (std::size_t i = 0; i < lease_book::max_waiting; ++i) {
        CHECK(book.has_room());
        book.take_over(fmt::format("1-{:03}", i), "heir");
        if (i % 2 == 0) book.count(fmt::format("1-{:03}", i), 1);
    }
    CHECK_FALSE(book.has_room());
    REQUIRE(book.next_to_deliver(1).size() == 1);
    CHECK(book.has_room());
    REQUIRE(book.take(one + "x", "a"));  // finished entries do not count
    CHECK(book.has_room());
}
