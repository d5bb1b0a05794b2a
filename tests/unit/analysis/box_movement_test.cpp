// How far the box moved between sessions, and within one, from yardsticks whose movement is known.
#include "analysis/box_movement.hpp"

#include "support/sample_result.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <limits>

using namespace pipebench;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

using sessions = std::vector<session_result>;

session_result slower(session_result s, double factor) {
    for (auto& run : s.runs)
        for (auto& p : run.yardstick->pieces) {
            p.cpu_us *= factor;
            p.elapsed_us *= factor;
        }
    return s;
}

box_movement moved(const sessions& base, const sessions& head, box_clock clock = box_clock::elapsed) {
    return std::get<box_movement>(movement_between(base, head, clock));
}

std::string why_not(const sessions& base, const sessions& head) {
    return std::get<std::string>(movement_between(base, head, box_clock::elapsed));
}

}  // namespace

TEST_CASE("a box that did not move has a factor of 1, without an error", "[box_movement]") {
    const auto box = moved({test::sample_session()}, {test::sample_session()});
    CHECK(box.factor == Approx(1));
    CHECK(box.error == Approx(0).margin(1e-12));
    CHECK(box.pieces.size() == 5);
    CHECK(box.base_spread == std::vector{0.0});
}

TEST_CASE("the factor is that of the times, and the sessions lie on both sides of the middle", "[box_movement]") {
    const sessions base{test::sample_session()}, head{slower(test::sample_session(), 1.14)};
    for (const auto clock : {box_clock::cpu, box_clock::elapsed}) {
        const auto box = moved(base, head, clock);
        CHECK(box.factor == Approx(1.14));
        CHECK(box.base.at(0) == Approx(-std::log(1.14) / 2));
        CHECK(box.head.at(0) == Approx(std::log(1.14) / 2));
        for (const auto& p : box.pieces) CHECK(p.factor == Approx(1.14));
    }
}

TEST_CASE("pieces that moved differently make the factor uncertain", "[box_movement]") {
    auto head = test::sample_session();
    for (auto& run : head.runs) run.yardstick->pieces[2].elapsed_us *= 2;  // memory
    const auto box = moved({test::sample_session()}, {head});
    CHECK(box.factor == Approx(std::pow(2, 0.2)));
    CHECK(box.error == Approx(std::log(2) / 5));  // of one in five: sd = log 2 / sqrt 5, over sqrt 5
    CHECK(moved({test::sample_session()}, {head}, box_clock::cpu).factor == Approx(1));
}

TEST_CASE("several sessions are averaged", "[box_movement]") {
    const auto s = test::sample_session();
    const auto box = moved({s, slower(s, 1.21)}, {slower(s, 1.1)});
    CHECK(box.factor == Approx(1));
    CHECK(box.base.size() == 2);
    CHECK(box.base[1] - box.base[0] == Approx(std::log(1.21)));
}

TEST_CASE("one run in which the box was busy does not move it", "[box_movement]") {
    auto head = test::session_of_rounds();
    for (auto& p : head.runs[4].yardstick->pieces) p.elapsed_us *= 50;
    CHECK(moved({test::session_of_rounds()}, {head}).factor == Approx(1));
}

TEST_CASE("without a yardstick, or with one of another version, the movement is not known", "[box_movement]") {
    const auto with = test::sample_session();
    auto without = with, other = with, few = with;
    for (auto& run : without.runs) run.yardstick.reset();
    for (auto& run : other.runs) run.yardstick->version = 2;
    for (auto& run : few.runs) run.yardstick->pieces.resize(2);
    CHECK(why_not({without}, {with}) == "no yardstick in base");
    CHECK(why_not({with}, {with, without}) == "no yardstick in head");
    CHECK(why_not({with}, {other}) == "yardsticks of different versions");
    CHECK(why_not({with}, {few}) == "the yardsticks have 2 pieces in common, needs 3");
}

TEST_CASE("a piece that could not be measured in a session is left out of all", "[box_movement]") {
    auto head = slower(test::sample_session(), 1.1);
    for (auto& run : head.runs)
        run.yardstick->pieces[4] = {"statements", std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::quiet_NaN()};
    const auto box = moved({test::sample_session()}, {head});
    CHECK(box.pieces.size() == 4);
    CHECK(box.factor == Approx(1.1));
}

TEST_CASE("speed and steal that change between the halves of a session are warned of", "[box_movement]") {
    auto s = test::session_of_rounds();
    CHECK(changes_within(s).empty());
    for (std::size_t i = s.runs.size() / 2; i < s.runs.size(); ++i) s.runs[i].yardstick->pieces[0].cpu_us *= 1.2;
    REQUIRE(changes_within(s).size() == 1);
    CHECK_THAT(changes_within(s)[0], ContainsSubstring("speed of the cores") && ContainsSubstring("8.10 ms") &&
                                         ContainsSubstring("9.72 ms"));
    for (std::size_t i = s.runs.size() / 2 + 1; i < s.runs.size(); ++i) s.runs[i].steal_share = 0.05;
    REQUIRE(changes_within(s).size() == 2);
    CHECK_THAT(changes_within(s)[1], ContainsSubstring("0.0 %") && ContainsSubstring("5.0 %"));
    for (auto& run : s.runs) run.yardstick.reset();
    CHECK(changes_within(s).size() == 1);
    s.runs.clear();
    CHECK(changes_within(s).empty());
}

TEST_CASE("the level of the box is the middle of its runs", "[box_movement]") {
    const auto level = level_of(test::session_of_rounds());
    REQUIRE(level);
    CHECK(level->pieces.size() == 5);
    CHECK(level->pieces[0].name == "calls");  // by name
    CHECK(level->pieces[0].elapsed_us == Approx(1.26));
    CHECK(level->spread == Approx(0).margin(1e-12));
    CHECK_FALSE(level_of(session_result{}));
}
