// Who of the workers elsewhere was there, and from when to when.
#include "session/worker_roll.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::WithinAbs;
using clock_type = worker_roll::clock;

namespace {

constexpr const char* ada = "aaaaaaaaaaaaaaaa";
constexpr const char* bob = "bbbbbbbbbbbbbbbb";

const clock_type::time_point start{1000s};

worker_card card_of(const char* instance, std::uint64_t run, worker_phase phase, std::uint64_t beat) {
    worker_card out;
    out.instance = instance;
    out.host = "here";
    out.in_flight_limit = 100;
    out.run = run;
    out.phase = phase;
    out.beat = beat;
    return out;
}

worker_card working(const char* instance, std::uint64_t beat) {
    return card_of(instance, 1, worker_phase::working, beat);
}

/// Two cards a second until then.
void beats(worker_roll& roll, const char* instance, clock_type::duration from, clock_type::duration to) {
    for (auto t = from; t <= to; t += 500ms)
        roll.take(working(instance, static_cast<std::uint64_t>(t / 500ms) + 1), start + t);
}

}  // namespace

TEST_CASE("a run begins when enough workers are ready for it", "[worker_roll]") {
    worker_roll roll;
    roll.take(card_of(ada, 0, worker_phase::joined, 1), start);
    roll.announce(1);
    CHECK(roll.ready(start) == 0);
    roll.take(working(ada, 2), start);
    roll.take(card_of(bob, 1, worker_phase::joined, 1), start);
    CHECK(roll.ready(start) == 1);
    roll.take(working(bob, 2), start + 1s);
    CHECK(roll.ready(start + 1s) == 2);
    CHECK(roll.ready(start + 3500ms) == 1);  // ada has not been heard of for too long
}

TEST_CASE("a worker that stays to the end was there all the time", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 10s);
    const auto seen = roll.seen_in(start, start + 10s, start + 10s);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].how == worker_end::stayed);
    CHECK(seen[0].joined_s == 0);
    CHECK(std::isnan(seen[0].left_s));
    CHECK(seen[0].gaps.empty());
    CHECK_THAT(mean_in_flight_limit(seen, 10), WithinAbs(100, 1e-9));
}

TEST_CASE("a card that was read before does not prove that its worker lives", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    for (auto t = 0s; t <= 10s; t += 1s) roll.take(working(ada, 1), start + t);
    const auto seen = roll.seen_in(start, start + 10s, start + 10s);
    CHECK(seen.at(0).how == worker_end::missing);
    CHECK(seen.at(0).left_s == 0);
    CHECK_THAT(mean_in_flight_limit(seen, 10), WithinAbs(30, 1e-9));  // it may have worked unseen
}

TEST_CASE("a worker that was cut off for a while has a gap, and is not missing", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 2s);
    beats(roll, ada, 7s, 10s);
    const auto seen = roll.seen_in(start, start + 10s, start + 10s);
    CHECK(seen.at(0).how == worker_end::stayed);
    REQUIRE(seen[0].gaps.size() == 1);
    CHECK(seen[0].gaps[0] == worker_gap{2, 7});
    CHECK_THAT(mean_in_flight_limit(seen, 10), WithinAbs(100, 1e-9));  // it may have worked unseen
}

TEST_CASE("a worker that joins at half counts for half", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 10s);
    beats(roll, bob, 5s, 10s);
    const auto seen = roll.seen_in(start, start + 10s, start + 10s);
    REQUIRE(seen.size() == 2);
    CHECK(seen[1].joined_s == 5);
    CHECK_THAT(mean_in_flight_limit(seen, 10), WithinAbs(160, 1e-9));  // its first card may have been a second old
}

TEST_CASE("one that signs off has left, and is forgotten in the next run", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 4s);
    roll.take(card_of(ada, 1, worker_phase::signed_off, 100), start + 4s);
    const auto seen = roll.seen_in(start, start + 10s, start + 20s);
    CHECK(seen.at(0).how == worker_end::signed_off);
    CHECK(seen.at(0).left_s == 4);
    CHECK(roll.all_drained(start + 20s));
    roll.announce(2);
    CHECK(roll.seen_in(start, start + 10s, start + 20s).empty());
}

TEST_CASE("a run has drained when everyone says so, has left or is missing", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 4s);
    beats(roll, bob, 0s, 4s);
    CHECK_FALSE(roll.all_drained(start + 4s));
    roll.take(card_of(ada, 1, worker_phase::drained, 100), start + 5s);
    CHECK_FALSE(roll.all_drained(start + 5s));
    CHECK(roll.all_drained(start + 8s));  // bob is missing
    const auto seen = roll.seen_in(start, start + 5s, start + 8s);
    CHECK(seen.at(0).how == worker_end::stayed);
    CHECK(seen.at(1).how == worker_end::missing);
}

TEST_CASE("there is a limit to how many workers are believed", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    for (std::size_t i = 0; i < worker_roll::most_workers + 10; ++i) {
        auto card = working(ada, 1);
        card.instance = std::to_string(i);
        roll.take(card, start);
    }
    CHECK(roll.seen_in(start, start + 1s, start + 1s).size() == worker_roll::most_workers);
}

TEST_CASE("whoever has left is gone, and so is who has been silent for a minute", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 4s);
    beats(roll, bob, 0s, 4s);
    CHECK(roll.take_gone(start + 4s).empty());
    CHECK(roll.present(start + 4s) == 2);
    roll.take(card_of(ada, 1, worker_phase::signed_off, 100), start + 5s);
    CHECK(roll.take_gone(start + 5s) == std::vector<std::string>{ada});
    CHECK(roll.take_gone(start + 5s).empty());
    CHECK(roll.present(start + 5s) == 1);
    CHECK(roll.present(start + 8s) == 0);
    CHECK(roll.take_gone(start + 65s) == std::vector<std::string>{bob});
    beats(roll, ada, 70s, 70s);
    CHECK(roll.take_gone(start + 131s) == std::vector<std::string>{ada});
}

TEST_CASE("who dies after the run has ended, while others drain, was there to its end", "[worker_roll]") {
    worker_roll roll;
    roll.announce(1);
    beats(roll, ada, 0s, 6s);
    CHECK(roll.seen_in(start, start + 5s, start + 20s).at(0).how == worker_end::stayed);
}

TEST_CASE("what workers do is told once: joined, missing, returned, signed off", "[worker_roll][events]") {
    using what = worker_change::what;
    const auto kinds = [](const std::vector<worker_change>& changes) {
        std::vector<what> out;
        for (const auto& c : changes) out.push_back(c.is);
        return out;
    };
    worker_roll roll;
    roll.take(card_of(ada, 0, worker_phase::joined, 1), start);
    roll.announce(1);
    CHECK(roll.take_changes(start).empty());
    beats(roll, ada, 500ms, 2s);
    const auto came = roll.take_changes(start + 2s);
    REQUIRE(kinds(came) == std::vector{what::joins});
    CHECK(came[0].instance == ada);
    CHECK(came[0].host == "here");
    CHECK(came[0].at == start + 500ms);
    CHECK(roll.take_changes(start + 3s).empty());
    const auto gone = roll.take_changes(start + 6s);
    REQUIRE(kinds(gone) == std::vector{what::missing});
    CHECK(gone[0].heard_before == start + 2s);
    roll.take(working(ada, 100), start + 8s);
    const auto back = roll.take_changes(start + 8s);
    REQUIRE(kinds(back) == std::vector{what::returns});
    CHECK(back[0].heard_before == start + 2s);
    CHECK(back[0].at == start + 8s);
    roll.take(card_of(ada, 1, worker_phase::signed_off, 101), start + 9s);
    CHECK(kinds(roll.take_changes(start + 9s)) == std::vector{what::signs_off});
    CHECK(roll.take_changes(start + 60s).empty());
}

TEST_CASE("a card read just before its worker was told missing brings it back, without a gap",
          "[worker_roll][events]") {
    using what = worker_change::what;
    worker_roll roll;
    roll.announce(1);
    roll.take(working(ada, 1), start);
    REQUIRE(roll.take_changes(start).size() == 1);
    REQUIRE(roll.take_changes(start + 3001ms).size() == 1);  // by the main thread's clock
    roll.take(working(ada, 2), start + 2999ms);              // by that of the thread that reads cards
    const auto back = roll.take_changes(start + 3002ms);
    REQUIRE(back.size() == 1);
    CHECK(back[0].is == what::returns);
    CHECK(back[0].heard_before == start);
}

TEST_CASE("a worker that came and gave up between two looks is told with both, and in each run anew",
          "[worker_roll][events]") {
    using what = worker_change::what;
    worker_roll roll;
    roll.announce(1);
    roll.take(working(ada, 1), start);
    roll.take(card_of(ada, 1, worker_phase::gave_up, 2), start + 1s);
    roll.take(working(bob, 1), start);
    const auto changes = roll.take_changes(start + 1s);
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].is == what::joins);
    CHECK(changes[1].is == what::gives_up);
    CHECK(changes[2].instance == bob);
    roll.announce(2);
    roll.take(card_of(bob, 2, worker_phase::working, 2), start + 2s);
    const auto next = roll.take_changes(start + 2s);
    REQUIRE(next.size() == 1);
    CHECK(next[0].is == what::joins);
}
