// The output of a runner is foreign text. Each line is parsed by docs/runners.md or becomes a note, and each reported
// order is counted once, with its duration if known.
#include "measure/runner_lines.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using word = runner_line::word;

namespace {

std::size_t index(auto name) { return static_cast<std::size_t>(name); }

runner_line line_of(word is, std::uint64_t number = 0) {
    runner_line out;
    out.is = is;
    out.number = number;
    return out;
}

runner_line stored_in(std::uint64_t id, std::chrono::nanoseconds took) {
    auto out = line_of(word::stored, id);
    out.took = took;
    return out;
}

runner_line failed_as(std::uint64_t id, stage at, error_kind kind) {
    auto out = line_of(word::failed, id);
    out.result = {at, kind, 0, 0};
    return out;
}

/// A run of ten orders, and the report of its runner.
struct run_of_ten {
    recorder record = recorder::create(10);
    runner_report report{record};

    /// Checks that all lines belong to the contract.
    void take(const std::vector<std::string>& lines) {
        for (const auto& text : lines) {
            CAPTURE(text);
            CHECK(report.take(text));
        }
    }
    [[nodiscard]] std::uint64_t counted_latencies() const {
        const auto counts = record.service().bins;
        return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    }
    void let_clock_run() const {
        while (record.elapsed() < 5ms) std::this_thread::yield();
    }
};

/// Ten orders that arrive at 100/s.
struct open_run {
    workload work = [] {
        workload out;
        out.orders = 10;
        out.arrive.rate = {100};
        return out;
    }();
    arrival_schedule when{work};
    recorder record = recorder::create(10);
    runner_report report{record, &when};

    open_run() {
        record.expect_arrivals(0ns, when.end(), {});
        record.start_clock();
    }
};

}  // namespace

// --- lines ---

TEST_CASE("each word of the contract is understood", "[runner]") {
    CHECK(parse_runner_line("start") == line_of(word::start));
    CHECK(parse_runner_line("in-flight 8") == line_of(word::in_flight, 8));
    CHECK(parse_runner_line("begin 17") == line_of(word::begin, 17));
    CHECK(parse_runner_line("stored 17") == line_of(word::stored, 17));
    CHECK(parse_runner_line("stored 17 12.5") == stored_in(17, 12500us));
    CHECK(parse_runner_line("failed 17 fetch timeout") == failed_as(17, stage::fetch, error_kind::timeout));
}

TEST_CASE("every stage and kind of the result is understood, and 'none' is no way to fail", "[runner]") {
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 0; k < error_kind_count; ++k) {
            const auto at = static_cast<stage>(s);
            const auto kind = static_cast<error_kind>(k);
            const auto text = fmt::format("failed 5 {} {}", name_of(at), name_of(kind));
            const auto seen = parse_runner_line(text);
            CAPTURE(text);
            CHECK(seen.has_value() == (kind != error_kind::none));
            if (seen) CHECK(*seen == failed_as(5, at, kind));
        }
}

TEST_CASE("spaces between words, before and behind them are of no matter", "[runner]") {
    CHECK(parse_runner_line("  start ") == line_of(word::start));
    CHECK(parse_runner_line(" in-flight   8  ") == line_of(word::in_flight, 8));
    CHECK(parse_runner_line("stored  17   12.5 ") == stored_in(17, 12500us));
    CHECK(parse_runner_line("failed 17  fetch  timeout  ") == failed_as(17, stage::fetch, error_kind::timeout));
}

TEST_CASE("the largest numbers that there are are understood, and the smallest", "[runner]") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    CHECK(parse_runner_line("in-flight 18446744073709551615") == line_of(word::in_flight, most));
    CHECK(parse_runner_line("begin 18446744073709551615") == line_of(word::begin, most));
    CHECK(parse_runner_line("stored 18446744073709551615 0") == stored_in(most, 0ns));
    CHECK(parse_runner_line("stored 1 1000000000") == stored_in(1, 1'000'000s));
    CHECK(parse_runner_line("stored 1 1e3") == stored_in(1, 1s));
}

TEST_CASE("everything else is a note", "[runner]") {
    const std::vector<std::string> notes{
        "", " ", "1", "orders 1", "\xff\xfe",
        // words
        "Start", "START", "starting", "start now", "start 1", std::string("start\0", 6), "start\r", "\tstart",
        "inflight 8", "in_flight 8", "Stored 1", "stored: 1", "store 1",
        // numbers
        "in-flight", "in-flight 0", "in-flight -1", "in-flight +1", "in-flight 8.0", "in-flight 1e3",
        "in-flight 0x10", "in-flight eight", "in-flight 8 9", "in-flight 18446744073709551616", "begin", "begin 0",
        "begin -1", "begin 1 2", "begin 1,000", "begin\t1", "begin 1\r", "stored", "stored 0", "stored x",
        "stored #1",
        // times
        "stored 1 -1", "stored 1 -0.001", "stored 1 +1", "stored 1 nan", "stored 1 -nan", "stored 1 inf",
        "stored 1 1e10", "stored 1 1e999", "stored 1 1000000000.1", "stored 1 12ms", "stored 1 12 ms", "stored 1 1,5",
        "stored 1 0x10", "stored 1 2 3",
        // ways to fail
        "failed", "failed 1", "failed 1 fetch", "failed 1 timeout", "failed 1 timeout fetch", "failed 1 fetch none",
        "failed 1 fetch Timeout", "failed 1 nowhere timeout", "failed 1 fetch nothing", "failed 1 fetch timeout now",
        "failed 1 fetch timeout 12", "failed 0 fetch timeout", "failed fetch timeout"};
    run_of_ten run;
    for (const auto& text : notes) {
        CAPTURE(text);
        CHECK_FALSE(parse_runner_line(text).has_value());
        CHECK_FALSE(run.report.take(text));
    }
    CHECK(run.record.read().begun == 0);
    CHECK(run.record.read().ended() == 0);
    CHECK_FALSE(run.report.in_flight_limit().has_value());
}

// --- their effect on the record ---

TEST_CASE("an order that is said to have taken so long has that latency", "[runner]") {
    run_of_ten run;
    run.take({"stored 1 5000"});
    CHECK(run.record.was_stored(1));
    CHECK(run.record.read().stored == 1);
    CHECK(run.record.read().in_flight() == 0);
    CHECK(run.counted_latencies() == 1);
    CHECK(run.record.service().max >= 5s);
    CHECK(run.record.service().max < 6s);
}

TEST_CASE("an order that was begun and is stored took what lies between", "[runner]") {
    run_of_ten run;
    const auto before = clock_type::now();
    run.take({"begin 1"});
    const auto begun = clock_type::now();
    CHECK(run.record.read().in_flight() == 1);
    while (clock_type::now() - begun < 5ms) std::this_thread::yield();
    run.take({"stored 1"});
    CHECK(run.record.read().in_flight() == 0);
    CHECK(run.counted_latencies() == 1);
    CHECK(run.record.service().max >= 5ms);
    CHECK(run.record.service().max <= clock_type::now() - before);
}

TEST_CASE("how long an order took is for the program to say, also where it said when it began", "[runner]") {
    run_of_ten run;
    run.take({"begin 1", "stored 1 5000"});
    CHECK(run.counted_latencies() == 1);
    CHECK(run.record.service().max >= 5s);
}

TEST_CASE("an order of whose time nothing is said is stored, and has no latency", "[runner]") {
    run_of_ten run;
    run.take({"stored 1"});
    CHECK(run.record.was_stored(1));
    CHECK(run.record.read().stored == 1);
    CHECK(run.record.read().in_flight() == 0);
    CHECK(run.counted_latencies() == 0);
    CHECK(run.record.service().max == 0ns);
}

TEST_CASE("an order that failed counts under its stage and kind, with attempts that nobody knows", "[runner]") {
    run_of_ten run;
    run.take({"failed 1 fetch timeout", "begin 2", "failed 2 store database"});
    const auto p = run.record.read();
    CHECK(p.failed == 2);
    CHECK(p.stored == 0);
    CHECK(p.failures[index(stage::fetch)][index(error_kind::timeout)] == 1);
    CHECK(p.failures[index(stage::store)][index(error_kind::database)] == 1);
    CHECK(p.http_attempts == 0);
    CHECK(p.store_attempts == 0);
    CHECK(p.in_flight() == 0);
    CHECK(run.counted_latencies() == 1);  // of the one whose begin is known
}

TEST_CASE("an order that nobody ordered is a note", "[runner]") {
    run_of_ten run;
    for (const std::string text :
         {"begin 11", "stored 11", "stored 11 5", "failed 11 fetch timeout", "stored 18446744073709551615"}) {
        CAPTURE(text);
        CHECK_FALSE(run.report.take(text));
    }
    CHECK(run.record.read().begun == 0);
    CHECK(run.record.read().ended() == 0);
    CHECK_FALSE(run.report.tells_begins());
    run.take({"stored 10"});  // the last one is within
}

TEST_CASE("what may be in flight is what the program said last, and may be more than there are orders", "[runner]") {
    run_of_ten run;
    CHECK_FALSE(run.report.in_flight_limit().has_value());
    run.take({"in-flight 4"});
    CHECK(run.report.in_flight_limit() == std::optional<std::uint64_t>(4));
    run.take({"in-flight 1000"});
    CHECK(run.report.in_flight_limit() == std::optional<std::uint64_t>(1000));
}

TEST_CASE("that orders begin is known once it was said of one", "[runner]") {
    run_of_ten run;
    run.take({"start", "in-flight 4", "stored 1 5", "stored 2", "failed 3 fetch timeout"});
    CHECK_FALSE(run.report.tells_begins());
    run.take({"begin 4"});
    CHECK(run.report.tells_begins());
}

TEST_CASE("an order that is stored twice is stored once, and repeated", "[runner]") {
    run_of_ten run;
    run.take({"stored 1 5", "stored 1 5", "stored 2", "stored 2", "begin 3", "stored 3", "stored 3"});
    const auto p = run.record.read();
    CHECK(p.stored == 3);
    CHECK(p.repeated == 3);
    CHECK(p.ended() == 3);
    CHECK(p.in_flight() == 0);
    CHECK(run.counted_latencies() == 2);
}

TEST_CASE("an order that was given up and is stored after all is stored", "[runner]") {
    run_of_ten run;
    run.take({"failed 1 fetch timeout", "stored 1 5"});
    CHECK(run.record.read().stored == 1);
    CHECK(run.record.read().failed == 0);
    CHECK(run.record.was_stored(1));
}

TEST_CASE("an order that is begun twice is in flight once", "[runner]") {
    run_of_ten run;
    run.take({"begin 1", "begin 1"});
    CHECK(run.record.read().in_flight() == 1);
    run.take({"stored 1"});
    CHECK(run.record.read().in_flight() == 0);
    CHECK(run.record.read().repeated == 0);
}

TEST_CASE("orders that end in another order than they began have each their own time", "[runner]") {
    run_of_ten run;
    run.take({"begin 1", "begin 2", "begin 3", "stored 3 1000", "failed 1 store reset", "stored 2 3000"});
    CHECK(run.record.read().ended() == 3);
    CHECK(run.record.read().in_flight() == 0);
    CHECK(run.record.service().sum >= 4s);
    CHECK(run.record.service().sum < 5s);
}

// --- the clock ---

TEST_CASE("the clock starts where the program says so", "[runner]") {
    run_of_ten run;
    run.record.start_clock();
    run.let_clock_run();
    const auto before = clock_type::now();
    CHECK_FALSE(run.report.started());
    run.take({"start"});
    const auto elapsed = run.record.elapsed();
    CHECK(elapsed <= clock_type::now() - before);
    CHECK(run.report.started());
}

TEST_CASE("an order of an open run waited from its arrival to its begin, and is answered from its arrival",
          "[runner]") {
    open_run run;
    while (run.record.elapsed() < 25ms) std::this_thread::yield();
    run.report.count_arrivals();
    const auto arrived = run.record.queued();
    CHECK(arrived >= 3);  // due after 0, 10 and 20 ms
    CHECK(run.report.take("begin 1"));
    CHECK(run.report.take("stored 1"));
    CHECK(run.record.queued() == arrived - 1);
    CHECK(run.record.wait().max >= 25ms);
    CHECK(run.record.response().max >= run.record.wait().max);
    CHECK(run.record.service().max < run.record.response().max);
    CHECK(run.report.too_early() == 0);
}

TEST_CASE("an order of an open run of whose begin nothing is said has a response, and no wait", "[runner]") {
    open_run run;
    while (run.record.elapsed() < 5ms) std::this_thread::yield();
    CHECK(run.report.take("stored 1"));
    CHECK(run.record.response().max >= 5ms);
    CHECK(run.record.wait().max == 0ns);
    CHECK(run.record.service().max == 0ns);
}

TEST_CASE("an order that ends before it has arrived is counted as such", "[runner]") {
    open_run run;
    CHECK(run.report.take("stored 10"));
    CHECK(run.report.too_early() == 1);
}

TEST_CASE("what had arrived before the start of a program is forgotten", "[runner]") {
    open_run run;
    while (run.record.elapsed() < 25ms) std::this_thread::yield();
    run.report.count_arrivals();
    CHECK(run.report.take("start"));
    run.report.count_arrivals();
    CHECK(run.record.queued() >= 1);
    CHECK(run.record.queued() <= 1 + static_cast<std::uint64_t>(run.record.elapsed() / 10ms));
}

TEST_CASE("a start that is read when the clock has stopped changes nothing", "[runner]") {
    run_of_ten run;
    run.record.start_clock();
    run.let_clock_run();
    run.record.stop_clock();
    const auto elapsed = run.record.elapsed();
    static_cast<void>(run.report.take("start"));
    CHECK(run.record.elapsed() == elapsed);
}

// --- lines that are not understood ---

TEST_CASE("a line that begins as one of the contract and is none is said, with what is accepted", "[runner]") {
    run_of_ten run;
    CHECK(run.report.misread_lines().empty());
    CHECK_FALSE(run.report.take("failed 1 store refused"));
    CHECK_FALSE(run.report.take("stored 2 12ms"));
    const auto said = run.report.misread_lines();
    CAPTURE(said);
    CHECK(
        said.starts_with("2 lines were not understood, first 'failed 1 store "
                         "refused': expected failed ID STAGE KIND, with a STAGE of fetch, transform, store, schedule "
                         "and a KIND of connect, "));
    CHECK(said.find("overloaded (ID: 1 to 10)") != std::string::npos);
    CHECK(said.find("none") == std::string::npos);
}

TEST_CASE("an order that was not ordered is a line that is not understood", "[runner]") {
    run_of_ten run;
    CHECK_FALSE(run.report.take("stored 11"));
    CHECK(run.report.misread_lines() ==
          "1 line was not understood, first 'stored 11': expected stored ID [MS] (ID: 1 to 10)");
}

TEST_CASE("a line that begins as none of the contract is a note, and nothing to be understood", "[runner]") {
    run_of_ten run;
    for (const auto* text : {"", "ready", "Stored 1", "failure"}) CHECK_FALSE(run.report.take(text));
    CHECK(run.report.misread_lines().empty());
}
