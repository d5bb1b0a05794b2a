// What a view shows, at the sizes of terminals, without one.
#include "watch/layout.hpp"

#include "contracts/error.hpp"
#include "report/text_table.hpp"
#include "support/command.hpp"
#include "support/statuses.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace pipebench;
using namespace pipebench::test;

namespace {

const view_subject of_session{"http://127.0.0.1:9464", "", "q leaves"};
constexpr view_size small{80, 24}, large{160, 50};

status_history history_of(const std::vector<nlohmann::json>& all) {
    status_history out;
    for (const auto& status : all) out.take(parse_status(status.dump()));
    return out;
}

std::string joined(const std::vector<view_line>& lines) {
    std::string out;
    for (const auto& line : lines) {
        for (const auto& piece : line) out += piece.text;
        out += '\n';
    }
    return out;
}

std::string shown(const status_history& seen, view_size size = small, letters with = letters::unicode,
                  const view_subject& of = of_session) {
    return joined(lay_out(seen, of, size, with));
}

/// A session with much of everything.
nlohmann::json crowded() {
    auto out = status_of_run();
    out["run"]["open"] = true;
    out["run"]["oldest_queued_s"] = 1.25;
    out["run"]["stream"] = {{"lag", 120}, {"pending", 40}, {"oldest_pending_s", 0.5}};
    for (int i = 0; i < 120; ++i) {
        out["run"]["workers"].push_back({{"instance", "worker-" + std::to_string(i)},
                                         {"host", "host"},
                                         {"state", i == 0 ? "missing" : "present"},
                                         {"ended", i},
                                         {"in_hand", 1},
                                         {"cpu_s", 0.5}});
        out["ended"].push_back(out["ended"][0]);
    }
    return out;
}

void check_fits(const status_history& seen, const view_subject& of = of_session) {
    for (const std::size_t columns : {1u, 20u, 39u, 80u, 160u, 400u})
        for (const std::size_t rows : {1u, 2u, 5u, 10u, 24u, 50u, 200u})
            for (const auto with : {letters::ascii, letters::unicode}) {
                INFO(columns << " x " << rows);
                const auto lines = lines_of(shown(seen, {columns, rows}, with, of));
                CHECK(lines.size() <= rows);
                for (const auto& line : lines) {
                    INFO(line);
                    CHECK(reporting::display_width(line) <= columns);
                    CHECK(line == printable(line, 10'000));
                }
            }
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t out = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++out;
    return out;
}

}  // namespace

TEST_CASE("a view of a closed run says what goes on", "[layout]") {
    const auto text = shown(history_of({status_at(1, 500), status_of_run()}));
    CAPTURE(text);
    for (const auto* part : {"pipebench run  run 2 of 5  semaphore  clean  round 1 of 1",
                             "running\n",
                             "q leaves\n",
                             "10 %  1,000 of 10,000",
                             "18 s left",
                             "500/s, mean 500/s",
                             "100 of 100",
                             "201.5 ms from begin",
                             "209.8 ms from begin",
                             "988 stored",
                             "12 failed",
                             "3 retries",
                             "4 throttled",
                             "fetch timeout 12",
                             "the run",
                             "postgres",
                             "1.25",
                             "16.0",
                             "fan-out",
                             "14,528",
                             "ok, at its floor",
                             "█"})
        CHECK(contains(text, part));
    CHECK_FALSE(contains(text, "Queue"));
    CHECK_FALSE(contains(text, "Stream"));
    CHECK_FALSE(contains(text, "Workers"));
}

TEST_CASE("a view of an open run with workers shows queue, stream and workers", "[layout]") {
    for (const auto size : {small, large}) {
        const auto text = shown(history_of({crowded()}), size);
        CAPTURE(text);
        for (const auto* part :
             {"8,900, oldest 1.2 s", "from arrival", "lag 120  pending 40, the oldest added 0.5 s ago",
              "Workers: 119 of 120 present", "missing", "Ended", "more"})
            CHECK(contains(text, part));
    }
}

TEST_CASE("a larger terminal shows more of all", "[layout]") {
    const auto seen = history_of({crowded()});
    const auto less = shown(seen, small), more = shown(seen, large);
    CHECK(count_of(more, "worker-") > count_of(less, "worker-"));
    CHECK(count_of(more, "fan-out") > count_of(less, "fan-out"));
    CHECK(contains(more, "gone, floor 20 s"));
    CHECK_FALSE(contains(less, "gone, floor"));
    std::vector<nlohmann::json> long_run;
    for (int second = 1; second <= 300; ++second) long_run.push_back(status_at(second, second * 10));
    const auto history = history_of(long_run);
    CHECK(count_of(shown(history, {160, 24}), "█") > count_of(shown(history, small), "█"));
    CHECK(count_of(shown(history, {80, 50}), "█") > count_of(shown(history, small), "█"));
}

TEST_CASE("no line is wider than the terminal, and there are no more lines than rows", "[layout]") {
    check_fits({});
    check_fits(history_of({status_of_run()}));
    check_fits(history_of({crowded()}));
    auto between = status_of_run();
    between["run"] = nullptr;
    check_fits(history_of({between}));
    check_fits(history_of({status_of_run()}), {std::string(300, 'u'), std::string(300, 't'), std::string(300, 'l')});
}

TEST_CASE("a hostile status does no harm", "[layout]") {
    auto status = crowded();
    const std::string evil = "\x1b[2J\x1b]0;title\x07\r\n\u202e\u4e2d\u0301" + std::string(1000, 'x');
    for (const auto* name : {"pattern", "scenario"}) status["run"][name] = evil;
    for (const auto* name : {"command", "started_at", "phase"}) status[name] = evil;
    status["run"]["workers"][0]["host"] = evil;
    status["run"]["services"][0]["name"] = evil;
    status["ended"][0]["verdict"] = evil;
    status["run"]["orders_now"]["failures"][0]["kind"] = evil;
    for (const auto* name : {"orders", "floor_s", "in_flight_limit", "elapsed_s", "cpu_s"})
        status["run"][name] = 1e308;
    for (const auto* name : {"stored", "failed", "in_flight", "queued"}) status["run"]["orders_now"][name] = 1e308;
    check_fits(history_of({status}));
    check_fits(history_of({status_of_run(), status}));
}

TEST_CASE("what is not known is a dash, never 0", "[layout]") {
    auto unseen = status_of_run();
    for (const auto* name : {"elapsed_s", "orders_now", "service", "cpu_s", "rss_bytes", "pss_bytes", "processes"})
        unseen["run"][name] = nullptr;
    unseen["run"]["services"][0]["cpu_s"] = nullptr;
    unseen["ended"][0]["lost"] = nullptr;
    unseen["ended"][0]["orders_now"]["failed"] = 7;
    const auto text = shown(history_of({unseen}));
    CAPTURE(text);
    for (const auto* part :
         {"] -  - of 10,000  20 s left", "-, mean -", "- of 100", "- from begin", "- stored  - failed", "- retries"})
        CHECK(contains(text, part));
    CHECK_FALSE(contains(text, " 0 "));
    CHECK_FALSE(contains(text, "up to"));
    CHECK_FALSE(contains(text, "nan"));
    CHECK_FALSE(contains(line_of(history_of({unseen})), "nan"));
}

TEST_CASE("without UTF-8 a view is ASCII", "[layout]") {
    auto status = status_of_run();
    status["run"]["pattern"] = "caf\u00e9";
    const auto text = shown(history_of({status}), large, letters::ascii);
    CHECK(contains(text, "caf?"));
    CHECK(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST_CASE("a view says whom it waits for, and why", "[layout]") {
    const view_subject silent{"http://127.0.0.1:1", "Connection refused", "q leaves"};
    const auto before = shown({}, small, letters::unicode, silent);
    CHECK(contains(before, "waiting for http://127.0.0.1:1"));
    CHECK(contains(before, "Connection refused"));
    const auto later = shown(history_of({status_of_run()}), small, letters::unicode, silent);
    CHECK(contains(later, "no news: Connection refused"));
    CHECK(contains(later, "semaphore"));
}

TEST_CASE("the same in one line", "[layout]") {
    CHECK(line_of({}) == "nothing has been seen yet");
    const auto seen = history_of({status_of_run()});
    CHECK(line_of(seen) ==
          "run 2 of 5, semaphore: running, 10 %, 500/s, 100 in flight, p99 209.8 ms, 12 failed, 18 s left");
    CHECK(last_line_of(seen) == "over; last seen: " + line_of(seen));
    auto between = status_of_run();
    between["run"] = nullptr;
    between["phase"] = "idle";
    CHECK(line_of(history_of({between})) == "run: idle, 1 run has ended");
    CHECK(last_line_of(history_of({between})) ==
          "over; 1 run has ended; the last, fan-out: 0.688 s, 14,528/s, 0 failed, 0 lost: ok, at its floor");
    CHECK(last_line_of({}) == "over");
}
