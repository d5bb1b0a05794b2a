// A trace in the Chrome trace event format. A viewer draws spans of one track that overlap wrongly, or drops them, and
// nobody would see that the picture is false.
#include "report/trace.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <map>

using namespace pipebench;
using namespace pipebench::reporting;
using nlohmann::json;

namespace {

constexpr std::int32_t one = 1001, other = 1002;  ///< processes

span from_to(order_id id, std::int64_t begin, std::int64_t end, span_kind what = span_kind::fetch,
             std::int32_t process = one) {
    return {.order = id, .begin_ns = begin, .end_ns = end, .process = process, .what = what};
}

span at(order_id id, std::int64_t when, span_kind what) { return from_to(id, when, when, what); }

std::vector<std::pair<order_id, std::uint64_t>> tracks_of(std::vector<span> spans) {
    std::vector<std::pair<order_id, std::uint64_t>> out;
    for (const auto& p : place(std::move(spans))) out.emplace_back(p.what.order, p.track);
    return out;
}

json events_of(std::vector<span> spans) {
    trace_of_session trace{.share = 0.01, .seed = 42};
    trace.runs.push_back({"semaphore", 1'000, std::move(spans)});
    const auto all = json::parse(to_trace(trace));
    json out;
    for (const auto& e : all["traceEvents"])
        if (e["ph"] != "M") out.push_back(e);
    return out;
}

}  // namespace

TEST_CASE("an order keeps its track for as long as it is traced, and then another one has it", "[trace]") {
    using expected = std::vector<std::pair<order_id, std::uint64_t>>;
    CHECK(tracks_of({from_to(7, 0, 10), from_to(7, 20, 30), from_to(9, 12, 18), from_to(3, 30, 40)}) ==
          expected{{7, 1}, {7, 1}, {3, 1}, {9, 2}});
    CHECK(tracks_of({}).empty());
}

TEST_CASE("an order that two processes have in hand has a track for each", "[trace]") {
    const auto placed = place({from_to(7, 0, 10), from_to(7, 5, 20, span_kind::fetch, other),
                               from_to(7, 25, 30, span_kind::store), from_to(7, 22, 40, span_kind::store, other)});
    std::map<std::int32_t, std::uint64_t> track;
    for (const auto& p : placed) {
        if (track.contains(p.what.process)) CHECK(track[p.what.process] == p.track);
        track[p.what.process] = p.track;
    }
    CHECK(track == std::map<std::int32_t, std::uint64_t>{{one, 1}, {other, 2}});
}

TEST_CASE("what another process goes on with stays on the track of the order", "[trace]") {
    for (const auto& p : place({from_to(7, 0, 10), from_to(7, 12, 30, span_kind::fetch, other)})) CHECK(p.track == 1);
}

TEST_CASE("spans on a track never overlap, whatever there is", "[trace]") {
    std::vector<span> spans;
    std::uint64_t state = 42;
    for (int i = 0; i < 3'000; ++i) {
        const auto begin = static_cast<std::int64_t>(splitmix64(state) % 10'000);
        spans.push_back(from_to(1 + splitmix64(state) % 40, begin,
                                begin + static_cast<std::int64_t>(splitmix64(state) % 300), span_kind::store,
                                splitmix64(state) % 2 == 0 ? one : other));
    }
    const auto placed = place(spans);
    REQUIRE(placed.size() == spans.size());
    std::map<std::uint64_t, std::int64_t> until;
    for (const auto& p : placed) {
        const auto [end, is_first] = until.try_emplace(p.track, p.what.begin_ns);
        REQUIRE(end->second <= p.what.begin_ns);
        end->second = p.what.end_ns;
    }
}

TEST_CASE("a span is a complete event in microseconds on the run's clock, with what is known of it", "[trace]") {
    auto fetch = from_to(7, 2'500, 102'750);
    fetch.attempt = 2;
    fetch.status = 503;
    fetch.result = error_kind::server_error;
    CHECK(events_of({fetch}) ==
          json::parse(R"([{"ph": "X", "pid": 1, "tid": 1, "cat": "order", "name": "fetch", "ts": 1.5,
        "dur": 100.25, "args": {"order": 7, "process": 1001, "attempt": 2, "outcome": "server_error", "status": 503}}])"));
    CHECK(events_of({from_to(7, 2'000, 3'000, span_kind::wait)})[0]["args"] ==
          json::parse(R"({"order": 7, "process": 1001})"));
}

TEST_CASE("a moment is an instant event, and an end says how the order ended", "[trace]") {
    auto failed = at(8, 3'000, span_kind::ended);
    failed.at = stage::fetch;
    failed.result = error_kind::deadline;
    const auto events = events_of({at(7, 2'000, span_kind::ended), failed});
    CHECK(events[0]["name"] == "stored");
    CHECK(events[0]["ph"] == "i");
    CHECK(events[0]["s"] == "t");
    CHECK_FALSE(events[0].contains("dur"));
    CHECK(events[1]["name"] == "failed");
    CHECK(events[1]["args"]["stage"] == "fetch");
    CHECK(events[1]["args"]["outcome"] == "deadline");
}

TEST_CASE("each run is a process, and each of its tracks a thread, with their names", "[trace]") {
    trace_of_session trace{.share = 0.5, .seed = 42, .beyond = 9};
    trace.runs = {{"fan \"out\"\xff", 0, {from_to(1, 0, 5), from_to(2, 0, 5)}}, {"none", 0, {}}};
    const auto all = json::parse(to_trace(trace));
    CHECK(all["otherData"] == json::parse(R"({"sample": 0.5, "seed": 42, "spans_not_kept": 9})"));
    std::map<std::pair<int, int>, std::string> names;
    for (const auto& e : all["traceEvents"])
        if (e["ph"] == "M" && e["args"].contains("name"))
            names[{e["pid"].get<int>(), e["tid"].get<int>()}] = e["args"]["name"].get<std::string>();
    CHECK(names == std::map<std::pair<int, int>, std::string>{{{1, 0}, "fan \"out\"\xef\xbf\xbd"},
                                                              {{1, 1}, "in flight 1"},
                                                              {{1, 2}, "in flight 2"},
                                                              {{2, 0}, "none"}});
}
