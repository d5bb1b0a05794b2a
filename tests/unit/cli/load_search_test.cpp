// What the searches under open load take from the command line.
#include "cli/load_search.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

session_options deployment() {
    session_options out;
    out.work.profile = "deployment";
    return out;
}

arrival_rate rate_of(const load_search_request& asked) { return workload_of(asked.session.work).arrive.rate; }

}  // namespace

TEST_CASE("a search takes rate and objective from the profile, if they are not given", "[load_search]") {
    CHECK(rate_of(request_of(deployment(), "plan", {})) == arrival_rate{50'000, 1h});
    auto other = deployment();
    other.work.set("--rate", "7/s");
    CHECK(rate_of(request_of(other, "plan", {})) == arrival_rate{7});
    CHECK_THROWS_AS(request_of({}, "plan", {}), setup_error);  // no objective
}

TEST_CASE("a search has points of its own length, unless one is given", "[load_search]") {
    CHECK_FALSE(request_of(deployment(), "plan", {}).length);
    auto given = deployment();
    given.work.set("--duration", "30s");
    CHECK(request_of(given, "plan", {}).length == duration{30s});
}

TEST_CASE("what a search chooses itself is refused, also in a list", "[load_search]") {
    auto given = deployment();
    given.work.set("--threads", "7");
    CHECK_THROWS_AS(request_of(given, "plan", {"--threads"}), setup_error);
    auto counted = deployment();
    counted.work.set("--orders", "7");
    CHECK_THROWS_AS(request_of(counted, "plan", {}), setup_error);
}
