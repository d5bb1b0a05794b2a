// The report of a search for the highest rates, from made-up outcomes.
#include "report/load_search.hpp"

#include "support/load_runs.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace pipebench;
using namespace pipebench::test;
using Catch::Matchers::ContainsSubstring;

namespace {

load_point point_of(const std::string& pattern, double rate, std::uint64_t late, point_purpose purpose) {
    auto work = load_work();
    work.arrive.rate = nearest_rate(rate);
    work.orders = 1000;
    auto run = load_run(pattern, work, late);
    run.latency.p99_ms = 114.2;
    run.load->forecast.utilisation = rate / 200;
    run.cpu_per_order_us = 79;
    run.memory.peak_pss_bytes = 5'800'000;
    load_point out{.value = rate, .length_s = 20, .purpose = purpose, .judged = judge_point(run), .result = {}};
    out.result.runs.push_back(run);
    return out;
}

/// One pattern with an answer, one without, and one that was not reached.
load_search_outcome sample() {
    load_search_outcome out;
    out.objectives = "p99<125ms";
    out.patterns.resize(3);
    auto& found = out.patterns[0];
    found.pattern = "semaphore";
    found.in_flight_limit = 10;
    found.points = {point_of("semaphore", 170, 2, point_purpose::search),
                    point_of("semaphore", 175, 10, point_purpose::search),
                    point_of("semaphore", 170, 2, point_purpose::confirm)};
    found.found.met = 170;
    found.found.not_met = 175;
    found.found.narrow = true;
    found.confirmed = 2;
    auto& lost = out.patterns[1];
    lost.pattern = "fan-out";
    lost.points = {point_of("fan-out", 100, 0, point_purpose::search)};
    lost.found.met = 100;
    lost.not_known = "INVALID: PostgreSQL was the limit, \"busy\"";
    out.patterns[2].pattern = "thread-pool";
    out.interrupted = true;
    return out;
}

}  // namespace

TEST_CASE("the rates are told in a sentence per pattern and in a table", "[load_search][report]") {
    const auto text = reporting::render_text(sample(), colours::off);
    for (const auto* part :
         {"the highest rate within p99<125ms; INTERRUPTED", "4 in all", "at p99<125ms: semaphore 170 to 175/s\n",
          "at p99<125ms: fan-out not known: INVALID: PostgreSQL was the limit", "thread-pool not measured",
          "semaphore at 175/s: cannot tell, and so taken for not met (p99<125ms: 10 of 1,000 orders", "Highest met",
          "114.2", "85.0", "5.8", "unbounded"})
        CHECK_THAT(text, ContainsSubstring(part));
    for (const std::size_t width : {80u, 100u})
        CHECK(test::widest_line(reporting::render_text(sample(), {colours::off, width})) <= width);
    CHECK_THAT(reporting::render_markdown(sample()),
               ContainsSubstring("| semaphore   |") && ContainsSubstring("p99\\<125ms: semaphore 170 to 175/s"));
}

TEST_CASE("the JSON of the rates has every point with its result", "[load_search][report]") {
    const auto j = nlohmann::json::parse(reporting::render_json(sample()));
    CHECK(j["schema"] == "pipebench.rates/1");
    CHECK(j["interrupted"] == true);
    const auto& p = j["patterns"][0];
    CHECK(p["met"] == 170);
    CHECK(p["not_met"] == 175);
    CHECK(p["confirmed"] == true);
    CHECK(p["points"][1]["verdict"] == "cannot tell");
    CHECK(p["points"][2]["purpose"] == "confirm");
    CHECK(parse_result(p["points"][0]["result"].dump()).runs.size() == 1);
    CHECK(j["patterns"][1]["not_met"].is_null());
    CHECK(j["patterns"][2]["points"].empty());
}

TEST_CASE("the CSV of the rates has a line per pattern, and nothing where nothing is known",
          "[load_search][report]") {
    const auto csv = reporting::render_csv(sample());
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 4);
    CHECK_THAT(csv, ContainsSubstring("\r\nsemaphore,170,175,true,3,114.2,0.85,79,5.8\r\n"));
    CHECK_THAT(csv, ContainsSubstring("\r\nfan-out,100,,false,1,,,,\r\n"));
    CHECK_THAT(csv, ContainsSubstring("\r\nthread-pool,,,false,0,,,,\r\n"));
}

TEST_CASE("a plan begins with its answer, and has a table of sizes", "[size_search][report]") {
    auto plan = sample();
    plan.rate = "50,000 orders/h";
    plan.interrupted = false;
    plan.patterns[0].what = "5 permits";
    plan.patterns[0].expected = 6;
    plan.patterns[0].found.not_met = 4;
    plan.patterns[0].points[2].value = 5;
    const auto text = reporting::render_text(plan, colours::off);
    CHECK_THAT(text, Catch::Matchers::StartsWith("50,000 orders/h within p99<125ms: semaphore with 5 permits ("));
    for (const auto* part : {"fan-out: not known: INVALID: PostgreSQL was the limit", "thread-pool: not measured",
                             "semaphore at a size of 175: cannot tell", "Expected", "5 permits", "Erlang C"})
        CHECK_THAT(text, ContainsSubstring(part));
    const auto j = nlohmann::json::parse(reporting::render_json(plan));
    CHECK(j["schema"] == "pipebench.plan/1");
    CHECK(j["load"] == "50,000 orders/h");
    CHECK(j["patterns"][0]["met"] == 5);
    CHECK(j["patterns"][0]["expected"] == 6);
    CHECK(j["patterns"][1]["expected"].is_null());
    CHECK_THAT(reporting::render_csv(plan),
               ContainsSubstring("size_met,size_not_met") && ContainsSubstring("\r\nsemaphore,5,4,true,3,"));
}
