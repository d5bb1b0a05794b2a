// The differences between patterns and runners. If they were confused, a runner would be restarted that must not be,
// or a failed pattern would get a meaningless row.
#include "measure/pattern_contestant.hpp"
#include "measure/user_runner.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

const pattern& some_pattern() { return patterns().front(); }

run_observation seen_with(int status, unsigned runs = 1, const std::vector<std::string>& notes = {}) {
    run_observation out;
    out.end.status = status;
    out.runs = runs;
    out.notes = notes;
    return out;
}

}  // namespace

TEST_CASE("a pattern of ours is what its entry in the table says", "[contestant]") {
    for (const auto& p : patterns()) {
        const pattern_contestant who(p, "/pipebench");
        CHECK(who.id() == p.id);
        CHECK(who.title() == p.title);
        CHECK(who.needs_at(workload{}).in_flight == p.needs_at(workload{}).in_flight);
        CHECK(p.run != nullptr);
    }
}

TEST_CASE("a pattern of ours keeps the record and may be restarted; a user's program does neither", "[contestant]") {
    const pattern_contestant ours(some_pattern(), "/pipebench");
    CHECK(ours.reports() == order_reports::in_record);
    CHECK(ours.may_restart());
    CHECK_FALSE(ours.time_limit());
    const user_runner theirs("mine", "true", 3s);
    CHECK(theirs.reports() == order_reports::in_lines);
    CHECK_FALSE(theirs.may_restart());
    CHECK(theirs.time_limit() == 3s);
}

TEST_CASE("the row of a pattern that failed says how often, or what it said last", "[contestant]") {
    const pattern_contestant ours(some_pattern(), "/pipebench");
    CHECK(ours.describe_failure(seen_with(SIGKILL, 4)) == "it died 4 times, at last killed by signal 9 (Killed)");
    CHECK(ours.describe_failure(seen_with(SIGSEGV)) ==
          "the run was killed by signal 11 (Segmentation fault), which was not planned");
    CHECK(ours.describe_failure(seen_with(2 << 8, 1, {"no such table"})) == "the run failed: no such table");
}

TEST_CASE("the row of a program that failed says how, and what it said last", "[contestant]") {
    const user_runner theirs("mine", "true", 3s);
    CHECK(theirs.describe_failure(seen_with(7 << 8)) == "it exited with 7");
    CHECK(theirs.describe_failure(seen_with(7 << 8, 1, {"out of luck"})) == "it exited with 7: out of luck");
    auto late = seen_with(0);
    late.out_of_time = true;
    CHECK(theirs.describe_failure(late) == "it did not end within --runner-limit");
}
