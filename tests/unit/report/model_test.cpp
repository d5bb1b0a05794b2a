// Every format renders the model, so a value that it lacks is missing in all formats.
#include "report/model.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace pipebench;

namespace {

/// The five patterns, clean and then flaky, in three rounds.
session_result two_scenarios() {
    auto s = test::session_of_rounds();
    const auto runs = std::exchange(s.runs, {});
    for (std::size_t i = 0; i < runs.size(); i += 5)
        for (const auto* scenario : {"clean", "flaky"})
            for (std::size_t k = i; k < i + 5; ++k) {
                s.runs.push_back(runs[k]);
                s.runs.back().scenario = scenario;
            }
    return s;
}

}  // namespace

TEST_CASE("a model has the rows and the rankings of each scenario", "[model]") {
    const auto s = two_scenarios();
    const auto m = model_of(s);
    REQUIRE(m.scenarios.size() == 2);
    CHECK(m.scenarios[0].scenario == "clean");
    CHECK(m.scenarios[1].scenario == "flaky");
    for (const auto& part : m.scenarios) {
        CHECK(part.patterns.size() == 5);
        CHECK(part.rankings.size() == 3);
        for (const auto& row : part.patterns) {
            CHECK(row.rounds == 3);
            CHECK(row.typical.scenario == part.scenario);
        }
        for (const auto& one : part.rankings) CHECK(one.order.at(0).pattern.find('@') == std::string::npos);
    }
    CHECK(m.scenarios[0].patterns[0].typical.pattern == "fan-out");
}

TEST_CASE("a model of a result without runs has one scenario without rows", "[model]") {
    const session_result nothing;
    const auto m = model_of(nothing);
    REQUIRE(m.scenarios.size() == 1);
    CHECK(m.scenarios[0].scenario == "clean");
    CHECK(m.scenarios[0].patterns.empty());
    CHECK(m.production.empty());
    CHECK(m.advice.empty());
}

TEST_CASE("a scenario that only warmed up is in the model, without rows", "[model]") {
    auto s = test::session_of_rounds();
    s.warmup_runs[0].scenario = "outage";
    const auto m = model_of(s);
    REQUIRE(m.scenarios.size() == 2);
    CHECK(m.scenarios[1].scenario == "outage");
    CHECK(m.scenarios[1].patterns.empty());
}

TEST_CASE("readiness is in the model where somebody asked for it", "[model]") {
    const auto clean = test::sample_session(), flaky = two_scenarios();
    CHECK(model_of(clean).production.empty());
    const auto m = model_of(flaky);
    REQUIRE(m.production.size() == 5);
    CHECK(m.production[1].pattern == "semaphore");
}

TEST_CASE("what a model shows is printable, and what is saved stays as it was", "[model]") {
    const auto hostile = test::hostile_session();
    const auto m = model_of(hostile);
    CHECK(m.result == hostile);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    for (const auto& run : m.shown.runs)
        for (const auto* text : {&run.pattern, &run.verdict.text, &run.notes.at(0)})
            CHECK(std::none_of(text->begin(), text->end(), control));
    for (const auto& part : m.scenarios) CHECK(part.patterns.size() == hostile.runs.size());
}
