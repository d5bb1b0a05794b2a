// What a run finds out besides its outcomes: one short text for each kind of failure, and waits.
#include "contracts/run_findings.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

std::string text(const char* words) { return words; }

}  // namespace

TEST_CASE("the first reason of each stage and kind is kept, and later ones are not even composed", "[findings]") {
    const auto state = std::make_unique<findings_state>();
    const run_findings findings(*state);
    findings.explain(stage::fetch, error_kind::rejected, [] { return text("answered 404"); });
    bool composed = false;
    findings.explain(stage::fetch, error_kind::rejected, [&] {
        composed = true;
        return text("answered 405");
    });
    findings.explain(stage::store, error_kind::database, [] { return text("SQLSTATE 42P01"); });
    CHECK_FALSE(composed);
    CHECK(reason_in(*state, stage::fetch, error_kind::rejected) == "answered 404");
    CHECK(reason_in(*state, stage::store, error_kind::database) == "SQLSTATE 42P01");
    CHECK(reason_in(*state, stage::store, error_kind::rejected).empty());
}

TEST_CASE("a success has no reason", "[findings]") {
    const auto state = std::make_unique<findings_state>();
    run_findings(*state).explain(stage::fetch, error_kind::none, [] { return text("fine"); });
    CHECK(reason_in(*state, stage::fetch, error_kind::none).empty());
}

TEST_CASE("a reason that is too long is cut, and one that is not printable is made so", "[findings]") {
    const auto state = std::make_unique<findings_state>();
    const run_findings findings(*state);
    findings.explain(stage::fetch, error_kind::reset, [] { return std::string(1000, 'x'); });
    findings.explain(stage::fetch, error_kind::protocol, [] { return text("\x1b[31m"); });
    CHECK(reason_in(*state, stage::fetch, error_kind::reset) == std::string(longest_reason, 'x'));
    CHECK(reason_in(*state, stage::fetch, error_kind::protocol) == "\\x1b[31m");
}

TEST_CASE("long waits for a connection are counted, and the longest is known", "[findings]") {
    const auto state = std::make_unique<findings_state>();
    const run_findings findings(*state);
    for (const std::chrono::nanoseconds wait : {100ms, 900ms, 300ms}) findings.count_connection_wait(wait);
    CHECK(state->long_connection_waits == 2);
    CHECK(state->longest_connection_wait_ns == std::chrono::nanoseconds(900ms).count());
}

TEST_CASE("findings without memory keep nothing", "[findings]") {
    const run_findings nowhere;
    nowhere.explain(stage::fetch, error_kind::reset, []() -> std::string { throw 1; });
    CHECK_NOTHROW(nowhere.count_connection_wait(1s));
}
