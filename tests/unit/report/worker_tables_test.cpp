// The table of workers on other machines: what is only a lower bound is said to be one.
#include "report/worker_tables.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;

namespace {

joined_worker worker_on(const std::string& host) {
    joined_worker out;
    out.instance = "0123456789abcdef";
    out.host = host;
    out.processes = 5;
    out.in_flight_limit = 250;
    out.left_s = std::nan("");
    out.ended = 1000;
    out.cpu_user_s = 0.03;
    out.cpu_system_s = 0.02;
    out.peak_pss_bytes = 12'300'000;
    out.loop_lag_p99_ms = std::nan("");
    return out;
}

table table_of_workers(std::vector<joined_worker> workers) {
    auto s = test::sample_session();
    s.runs.resize(1);
    s.runs[0].workers = std::move(workers);
    return workers_table(summarise(s));
}

}  // namespace

TEST_CASE("a run without workers elsewhere has no table of them", "[worker_tables]") {
    CHECK(table_of_workers({}).rows.empty());
}

TEST_CASE("workers of one host follow each other", "[worker_tables]") {
    const auto t = table_of_workers({worker_on("b"), worker_on("a"), worker_on("b")});
    REQUIRE(t.rows.size() == 3);
    CHECK(t.rows[0].cells[0] == "a");
    CHECK(t.rows[1].cells[0] == "b");
    CHECK(t.rows[2].cells[0] == "b");
    for (const auto& row : t.rows) {
        CHECK(row.cells.size() == t.columns.size());
        CHECK(row.mood == tone::plain);
    }
}

TEST_CASE("workers that share a host are added up, and a lost one makes the sum a lower bound", "[worker_tables]") {
    auto s = test::sample_session();
    s.runs.resize(1);
    auto lost = worker_on("a");
    lost.how = worker_end::missing;
    s.runs[0].workers = {worker_on("b"), lost, worker_on("b")};
    const auto t = hosts_table(summarise(s));
    REQUIRE(t.rows.size() == 2);
    CHECK(t.rows[0].cells[0] == "a");
    CHECK(t.rows[0].cells[6] == "at least 1,000");
    CHECK(t.rows[0].mood == tone::alarm);
    CHECK(t.rows[1].cells[2] == "2");
    CHECK(t.rows[1].cells[6] == "2,000");
    CHECK(t.rows[1].cells[9] == "24.6");
    CHECK(t.rows[1].mood == tone::plain);
}

TEST_CASE("hosts of one worker each have no table of their own", "[worker_tables]") {
    auto s = test::sample_session();
    s.runs.resize(1);
    s.runs[0].workers = {worker_on("b"), worker_on("a")};
    CHECK(hosts_table(summarise(s)).rows.empty());
}

TEST_CASE("a worker's row says what it did and what it used", "[worker_tables]") {
    const auto text = to_text(table_of_workers({worker_on("node-7")}), {colours::off, 200});
    for (const char* part : {"node-7", "0123456789abcdef", "1,000", "50", "12.3"})
        CHECK_THAT(text, ContainsSubstring(part));
}

TEST_CASE("of a worker that is missing the orders are a lower bound, and its row is an alarm", "[worker_tables]") {
    auto w = worker_on("node-7");
    w.how = worker_end::missing;
    w.left_s = 4.2;
    w.in_hand = 48;
    w.gaps = {{4.2, std::nan("")}};
    const auto t = table_of_workers({w});
    CHECK(t.rows[0].mood == tone::alarm);
    const auto text = to_text(t, {colours::off, 200});
    CHECK_THAT(text, ContainsSubstring("at least 1,000"));
    CHECK_THAT(text, ContainsSubstring("missing from 4.20 s on, with 48 orders in hand"));
}

TEST_CASE("a worker that was cut off, and one whose clock differs, are said to be so", "[worker_tables]") {
    auto w = worker_on("node-7");
    w.gaps = {{2, 7}};
    w.clock_apart_s = 3600;
    const auto text = to_text(table_of_workers({w}), {colours::off, 250});
    CHECK_THAT(text, ContainsSubstring("cut off from 2.00 to 7.00 s"));
    CHECK_THAT(text, ContainsSubstring("differs by 3,600.0 s (not used)"));
}
