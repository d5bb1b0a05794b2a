// Entries on the stream of results: what a worker elsewhere has written is read, and nothing else.
#include "redis/order_stream.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

const order_stream_keys keys("pipebench:test");

stream_entry entry_of(const redis_command& added) {
    stream_entry out{"1700000000000-3", {}};
    for (std::size_t i = 3; i + 1 < added.size(); i += 2) out.fields.emplace_back(added[i], added[i + 1]);
    return out;
}

stream_entry with(const char* field, const std::string& value) {
    auto out = entry_of(add_result(keys, {7, {stage::store, error_kind::none, 2, 1}, 1500us, "0123456789abcdef"}));
    for (auto& [name, text] : out.fields)
        if (name == field) text = value;
    return out;
}

}  // namespace

TEST_CASE("a result of a worker elsewhere is read as it was written", "[order_stream]") {
    const outcome what =
        GENERATE(outcome{stage::store, error_kind::none, 2, 1}, outcome{stage::fetch, error_kind::timeout, 4, 0},
                 outcome{stage::schedule, error_kind::dead_letter, 0, 0});
    const auto read = result_in(entry_of(add_result(keys, {7, what, 1500us, "0123456789abcdef"})));
    REQUIRE(read);
    CHECK(read->order == 7);
    CHECK(read->what == what);
    CHECK(read->service == 1500us);
    CHECK(read->instance == "0123456789abcdef");
}

TEST_CASE("a result of this machine says no more than what happened", "[order_stream]") {
    CHECK(add_result(keys, {7, {}, 1500us, {}}) ==
          redis_command{"XADD", keys.results, "*", "order", "7", "outcome", "stored"});
    CHECK_FALSE(result_in(entry_of(add_result(keys, {7, {}, 1500us, {}}))));
}

TEST_CASE("what no worker has written is no result", "[order_stream]") {
    CHECK(result_in(with("order", "7")));
    const auto [field, value] = GENERATE(table<const char*, std::string>({
        {"order", "0"},
        {"order", "-1"},
        {"order", "7 "},
        {"outcome", ""},
        {"outcome", "failed"},
        {"outcome", "failed:fetch"},
        {"outcome", "failed:fetch:none"},
        {"outcome", "failed:nowhere:timeout"},
        {"attempts", "256"},
        {"stores", ""},
        {"service_us", "-5"},
        {"service_us", "99999999999"},
        {"worker", "me"},
    }));
    CAPTURE(field, value);
    CHECK_FALSE(result_in(with(field, value)));
}

TEST_CASE("positions of entries grow with time, and then with their number", "[order_stream]") {
    CHECK(position_of("1700000000000-3") == std::pair<std::uint64_t, std::uint64_t>{1700000000000, 3});
    CHECK(position_of("9-10") > position_of("9-9"));
    CHECK(position_of("10-0") > position_of("9-99"));
    for (const char* text : {"", "-", "5", "a-b", "1-"})
        CHECK(position_of(text) == std::pair<std::uint64_t, std::uint64_t>{});
}
