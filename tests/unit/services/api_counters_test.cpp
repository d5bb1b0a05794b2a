// The mock API's counters from the server to a result. If two names were swapped, a slow run would be blamed on the
// wrong side.
#include "mock_api/counters.hpp"
#include "services/mock_api_process.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;

namespace {

api_stats distinct() {
    api_stats s;
    s.known = true;
    s.threads = 1;
    s.requests = 2;
    s.responses = 3;
    s.refusals = 4;
    s.throttled = 5;
    s.faults = 6;
    s.early = 7;
    s.connections = 8;
    s.peak_connections = 9;
    s.peak_concurrent = 10;
    s.concurrent = 11;
    s.open_connections = 12;
    return s;
}

}  // namespace

TEST_CASE("every counter of the server arrives under its own name", "[api]") {
    const auto seen = parse_api_counters(to_json(distinct()));
    CHECK(seen.known);
    CHECK(seen.threads == 1);
    CHECK(seen.requests == 2);
    CHECK(seen.responses == 3);
    CHECK(seen.refusals == 4);
    CHECK(seen.throttled == 5);
    CHECK(seen.faults == 6);
    CHECK(seen.early == 7);
    CHECK(seen.connections == 8);
    CHECK(seen.peak_connections == 9);
    CHECK(seen.peak_concurrent == 10);
}

TEST_CASE("every counter is in the list, and none twice", "[api]") {
    api_stats s;
    std::size_t counters_in_list = 0;
    for_each_counter<api_stats>([&](const char*, auto counter) {
        ++(s.*counter);
        ++counters_in_list;
    });
    CHECK(counters_in_list == 12);
    CHECK(sizeof(api_view) == sizeof(std::uint64_t) * (1 + 10));  // and `known`
    CHECK(sizeof(api_stats) == sizeof(std::uint64_t) * (1 + counters_in_list));
    for_each_counter<api_stats>([&](const char* name, auto counter) {
        CAPTURE(name);
        CHECK(s.*counter == 1);
    });
}

TEST_CASE("each event is counted in its own counter", "[api]") {
    counters count(4);
    for (int i = 0; i < 1; ++i) count.count_request();
    for (int i = 0; i < 2; ++i) count.count_response();
    for (int i = 0; i < 3; ++i) count.count_refusal();
    for (int i = 0; i < 4; ++i) count.count_throttled();
    for (int i = 0; i < 5; ++i) count.count_fault();
    for (int i = 0; i < 6; ++i) count.count_early();
    for (int i = 0; i < 7; ++i) count.open_connection();
    for (int i = 0; i < 8; ++i) count.begin_concurrent();
    count.close_connection();
    count.end_concurrent();
    const auto s = count.read();
    CHECK(s.known);
    CHECK(s.threads == 4);
    CHECK(s.requests == 1);
    CHECK(s.responses == 2);
    CHECK(s.refusals == 3);
    CHECK(s.throttled == 4);
    CHECK(s.faults == 5);
    CHECK(s.early == 6);
    CHECK(s.connections == 7);
    CHECK(s.peak_connections == 7);
    CHECK(s.open_connections == 6);
    CHECK(s.peak_concurrent == 8);
    CHECK(s.concurrent == 7);
}

TEST_CASE("counters that did not come are not known", "[api]") {
    for (const auto* text : {"", "{", "[]", "12"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_api_counters(text).known);
    }
    const auto old = parse_api_counters(R"({"requests":5,"of_a_later_version":1})");
    CHECK(old.known);
    CHECK(old.requests == 5);
    CHECK(old.responses == 0);
}
