// The charts of a session, a comparison, a gate and a sweep, from made-up results.
#include "report/run_charts.hpp"

#include "report/ratio_chart.hpp"
#include "report/sweep_charts.hpp"
#include "support/load_runs.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;

namespace {

constexpr double unknown = no_value;

std::vector<chart> all_charts(const session_result& s) {
    const auto m = model_of(s);
    std::vector<chart> out;
    for (const auto& part : m.scenarios)
        for (const auto& group : charts_of(m, part)) out.insert(out.end(), group.charts.begin(), group.charts.end());
    return out;
}

const chart* find_chart(const std::vector<chart>& all, const std::string& title) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const chart& c) { return c.title == title; });
    return at == all.end() ? nullptr : &*at;
}

chart chart_named(const session_result& s, const std::string& title) {
    const auto all = all_charts(s);
    const auto* found = find_chart(all, title);
    INFO(title);
    REQUIRE(found != nullptr);
    return *found;
}

std::vector<std::string> labels_of(const chart& c) {
    std::vector<std::string> out;
    for (const auto& s : c.series) out.push_back(s.label);
    return out;
}

std::vector<std::string> texts_of(const chart& c) {
    std::vector<std::string> out;
    for (const auto& m : c.marks) out.push_back(m.text);
    return out;
}

/// Samples at 10 Hz of a run that stores 100 orders a second.
series_view steady_series(std::size_t n) {
    series_view out;
    out.interval_ms = 100;
    for (std::size_t i = 1; i <= n; ++i) {
        out.t_s.push_back(0.1 * static_cast<double>(i));
        out.in_flight.push_back(20);
        out.queued.push_back(0);
        out.lag.push_back(unknown);
        out.pending.push_back(unknown);
        out.completed.push_back(10 * static_cast<double>(i));
        out.failed.push_back(0);
        out.rss_mb.push_back(15);
    }
    return out;
}

/// One run of semaphore: 10,000 orders in 100 s.
session_result one_run() {
    auto s = test::sample_session();
    std::erase_if(s.runs, [](const run_result& r) { return r.pattern != "semaphore"; });
    REQUIRE(s.runs.size() == 1);
    s.runs[0].time_s = 100;
    s.runs[0].series = steady_series(1000);
    return s;
}

session_result open_run() {
    auto s = one_run();
    auto work = test::load_work();
    work.orders = 10'000;
    auto run = test::load_run("semaphore", work, 500);
    run.series = s.runs[0].series;
    run.time_s = 100;
    run.served = {{900, 901}, {9'000, 500}};
    run.load->responses = {{950, 1000}, {9'000, 500}};
    run.load->waits = {{100, 200}, {9'000, 500}};
    run.load->drain_s = 2;
    run.load->window_s = 98;
    run.load->saturated = true;
    s.runs = {run};
    return s;
}

sweep_point point_of(const std::string& value, const std::vector<double>& times) {
    sweep_point out{value, "c=" + value, {}, {}};
    for (std::size_t i = 0; i < times.size(); ++i)
        out.result.runs.push_back(test::sample_run(
            {std::string(1, static_cast<char>('a' + i)), "", 100, times[i], 200, 210, 1, 10, 9, 1, 100}));
    return out;
}

}  // namespace

TEST_CASE("a chart of a session is there if the result has its data", "[charts]") {
    const auto plain = all_charts(test::sample_session());
    for (const auto* title : {"Time against floor", "CPU time per order", "Peak memory"})
        CHECK(find_chart(plain, title) != nullptr);
    CHECK(find_chart(plain, "Time of each round") == nullptr);
    CHECK(find_chart(plain, "semaphore: memory (RSS)") == nullptr);  // without samples
    CHECK(find_chart(all_charts(test::session_of_rounds()), "Time of each round") != nullptr);
    CHECK(find_chart(all_charts(one_run()), "semaphore: memory (RSS)") != nullptr);
    CHECK(all_charts({}).empty());
}

TEST_CASE("every chart has a title, names for its rows, and points that lie on them", "[charts]") {
    for (const auto& s : {test::sample_session(), test::session_of_rounds(), test::troubled_session(), open_run()})
        for (const auto& c : all_charts(s)) {
            CAPTURE(c.title);
            CHECK_FALSE(c.title.empty());
            CHECK_FALSE(c.x.title.empty());
            CHECK(c.has_rows == !c.y.labels.empty());
            for (const auto& series : c.series)
                for (const auto& p : series.points)
                    CHECK((!c.has_rows || (p.y >= 0 && p.y < static_cast<double>(c.y.labels.size()))));
        }
}

TEST_CASE("the rate of a steady run is steady, and what no sample has is no line", "[charts]") {
    const auto rate = chart_named(one_run(), "semaphore: orders stored per second");
    CHECK(labels_of(rate) == std::vector<std::string>{"Stored"});
    for (const auto& p : rate.series[0].points) CHECK_THAT(p.y, WithinRel(100.0, 1e-6));
    CHECK(rate.series[0].points.size() <= most_chart_points);
    CHECK(labels_of(chart_named(one_run(), "semaphore: orders under way")) ==
          std::vector<std::string>{"In flight", "Queue"});
}

TEST_CASE("kills, and what a scenario does to all orders at once, are marked", "[charts]") {
    auto s = one_run();
    CHECK(chart_named(s, "semaphore: memory (RSS)").marks.empty());
    s.runs[0].recovery = {.killed = kill_target::worker, .at_s = 40, .resumed_s = 1.5, .drained_s = 60};
    const auto killed = chart_named(s, "semaphore: memory (RSS)");
    CHECK(texts_of(killed) == std::vector<std::string>{"worker killed", "resumed"});
    CHECK(killed.marks[1].at == 41.5);
    s.runs[0].recovery.resumed_s = unknown;
    CHECK(texts_of(chart_named(s, "semaphore: memory (RSS)")) == std::vector<std::string>{"worker killed"});
    s.runs[0].recovery = {};
    s.runs[0].scenario = "outage";
    const auto down = chart_named(s, "semaphore: memory (RSS)");
    CHECK(texts_of(down) == std::vector<std::string>{"outage, about here", "its end"});
    CHECK_THAT(down.marks[0].at, WithinRel(50.0, 0.01));
    s.runs[0].series.completed.assign(1000, 7);  // half of the orders never ended
    CHECK(chart_named(s, "semaphore: memory (RSS)").marks.empty());
}

TEST_CASE("the marks of a run are those of its events, if it has any", "[charts][events]") {
    auto s = one_run();
    s.runs[0].scenario = "outage";
    s.runs[0].recovery = {.killed = kill_target::redis, .at_s = 40, .resumed_s = 1.5};
    s.runs[0].events = {
        {event_kind::outage_begins, 40.0, {{"service", "redis"}}},
        {event_kind::kill, 40.0, {{"target", "redis"}, {"hit", true}}},
        {event_kind::outage_ends, 40.25, {{"service", "redis"}}},
        {event_kind::kill, 60.0, {{"target", "worker"}, {"hit", false}}},
        {event_kind::throttling_begins, 70.0, {{"requests", 1}}},
        {event_kind::throttling_ends, 80.0, {{"requests", 9}}},
        {event_kind::restart, 90.0, {{"what", "worker"}}},
    };
    const auto c = chart_named(s, "semaphore: memory (RSS)");
    CHECK(texts_of(c) ==
          std::vector<std::string>{"redis away", "redis killed", "redis back", "429s begin", "429s end", "resumed"});
    CHECK(c.marks[2].at == 40.25);
    CHECK(c.marks[5].at == 41.5);
}

TEST_CASE("an open run has response, wait and service, and the objective as a line", "[charts]") {
    const auto s = open_run();
    const auto c = chart_named(s, "semaphore: response, wait and service");
    REQUIRE(c.series.size() == 3);
    REQUIRE(c.marks.size() == 1);
    CHECK(c.marks[0].at == 125);
    CHECK_THAT(c.marks[0].text, ContainsSubstring("p99<125ms: not met"));
    CHECK(c.series[0].points.back().y == 95);  // 500 of 10,000 were not stored
    CHECK(c.series[2].points.back().y == 100);
    CHECK(c.x.logarithmic);
    const auto rss = chart_named(s, "semaphore: memory (RSS) (saturated)");
    CHECK(texts_of(rss) == std::vector<std::string>{"last arrival; saturated"});
    const auto rate = chart_named(s, "semaphore: orders stored per second (saturated)");
    REQUIRE(labels_of(rate) == std::vector<std::string>{"Stored", "Offered"});
    CHECK_THAT(rate.series[1].points.back().y, WithinRel(100.0, 1e-6));
    CHECK(find_chart(all_charts(s), "Time against floor") == nullptr);
    CHECK(find_chart(all_charts(s), "Orders stored against orders that arrived") != nullptr);
}

TEST_CASE("the median over rounds has an interval from six rounds on", "[charts]") {
    auto s = one_run();
    s.rounds = 8;
    for (std::uint64_t round = 2; round <= 8; ++round) {
        s.runs.push_back(s.runs[0]);
        s.runs.back().round = round;
        s.runs.back().time_s += static_cast<double>(round);
    }
    const auto medians = chart_named(s, "Time of each round").series.at(1);
    REQUIRE(medians.points.size() == 1);
    CHECK(medians.points[0].low == 100);
    CHECK(medians.points[0].high == 108);
    CHECK(medians.points[0].x == 104.5);
    s.runs.resize(3);
    CHECK(std::isnan(chart_named(s, "Time of each round").series.at(1).points.at(0).low));
}

TEST_CASE("workers elsewhere are rows by host, with their gaps", "[charts]") {
    auto s = one_run();
    joined_worker stays, goes;
    stays.host = "b";
    goes.host = "a";
    stays.left_s = unknown;
    goes.left_s = 30;
    goes.how = worker_end::missing;
    goes.gaps = {{30, unknown}};
    s.runs[0].workers = {stays, goes};
    const auto c = chart_named(s, "semaphore, round 1: workers on other machines");
    CHECK(c.y.labels == std::vector<std::string>{"a 0", "b 0"});
    REQUIRE(labels_of(c) == std::vector<std::string>{"There", "Not seen", "Left before the end"});
    CHECK(c.series[0].points[0].high == 30);
    CHECK(c.series[0].points[1].high == 100);  // to the end
    CHECK(c.series[1].points[0].high == 100);
    CHECK(c.series[2].points.size() == 1);
}

TEST_CASE("ratios have a series for each verdict, and those that are not known have no row", "[charts]") {
    const auto of = [](double ratio, change verdict) {
        return ratio_row{"row", {ratio, interval{ratio * 0.9, ratio * 1.1, 0.95}, 0.01, 8, 8}, verdict};
    };
    const auto c = ratio_chart(
        "ratios", {of(1.2, change::worse), of(unknown, change::same), of(0, change::same), of(0.8, change::better)});
    CHECK(labels_of(c) == std::vector<std::string>{"Worse", "Better"});
    CHECK(c.y.labels.size() == 2);
    CHECK(c.series[1].points[0].y == 1);
    CHECK_THAT(c.series[0].points[0].low, WithinRel(1.08));
    CHECK(c.marks.at(0).at == 1);
    CHECK_FALSE(has_values(ratio_chart("none", {})));
}

TEST_CASE("a sweep marks where lines cross, and shows what is not to be trusted apart", "[charts]") {
    sweep_outcome s;
    s.option = "--concurrency";
    s.patterns = {"a", "b"};
    s.points = {point_of("10", {1, 3}), point_of("50", {2, 2.5}), point_of("100", {5, 2})};
    const auto time = charts_of(s).at(0);
    CHECK(time.x.labels == std::vector<std::string>{"10", "50", "100"});
    REQUIRE(time.marks.size() == 1);
    CHECK_THAT(time.marks[0].at, WithinRel(1 + 0.5 / 3.5));  // b - a is 0.5, then -3
    CHECK(time.marks[0].text == "a → b");
    s.points[1].result.runs[0].verdict = {verdict_kind::invalid_busy_box, "INVALID: busy"};
    const auto doubted = charts_of(s).at(0);
    REQUIRE(doubted.series.size() == 3);
    CHECK(std::isnan(doubted.series[0].points[1].y));
    CHECK(doubted.series[2].kind == series_kind::crosses);
    CHECK_THAT(doubted.series[2].points.at(0).note, ContainsSubstring("INVALID: busy"));
    s.points = {};
    for (const auto& c : charts_of(s)) CHECK_FALSE(has_values(c));
}
