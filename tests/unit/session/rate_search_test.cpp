// The search for the highest rate, without runs: against a simulated queue, and against made-up outcomes.
#include "session/rate_search.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/error.hpp"
#include "support/command.hpp"
#include "support/fake_run.hpp"
#include "support/load_runs.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>
#include <functional>
#include <queue>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t servers = 10;

/// Orders of an M/D/K queue, first come first served, that end later than the objective allows.
std::uint64_t late_in_queue(const workload& work) {
    const arrival_schedule when(work);
    const std::chrono::nanoseconds service = work.http.mean + work.db_latency, limit = work.objectives.front().limit;
    std::priority_queue<std::chrono::nanoseconds, std::vector<std::chrono::nanoseconds>, std::greater<>> free_at;
    for (std::uint64_t i = 0; i < servers; ++i) free_at.push(0ns);
    std::uint64_t late = 0;
    for (order_id id = 1; id <= work.orders; ++id) {
        const auto ends = std::max(when.at(id), free_at.top()) + service;
        free_at.pop();
        free_at.push(ends);
        if (ends - when.at(id) >= limit) ++late;
    }
    return late;
}

/// A search of these patterns; the test provides the runs.
struct bench {
    rate_search_settings settings;
    load_search_observer observer;
    std::vector<workload> measured;
    std::vector<load_search_outcome> saved;
    std::function<void(run_result&, const workload&)> change = [](run_result&, const workload&) {};
    std::function<std::uint64_t(const workload&)> late = late_in_queue;
    int signal_after = 0;  ///< runs

    explicit bench(const std::vector<std::string>& patterns = {"semaphore"}, bool bounded = true) {
        settings.session.work = load_work();
        settings.session.rounds = 3;
        for (const auto& name : patterns)
            settings.session.contestants.push_back(
                std::make_shared<fake_contestant>(name, needs{.in_flight = servers, .bounds_in_flight = bounded}));
        observer.can_be_saved = [this](const load_search_outcome& so_far) { saved.push_back(so_far); };
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    load_search_outcome run() {
        return run_rate_search(settings, observer, [this](const auto& s, const auto&) { return measure(s); });
    }
    session_outcome measure(const session_settings& s) {
        REQUIRE(s.contestants.size() == 1);
        CHECK(s.rounds == 1);
        measured.push_back(s.work);
        session_outcome out;
        auto run = load_run(std::string(s.contestants.front()->id()), s.work, late(s.work));
        change(run, s.work);
        out.result.runs.push_back(run);
        if (signal_after > 0 && measured.size() == static_cast<std::size_t>(signal_after)) {
            out.signal = SIGINT;
            out.result.interrupted = true;
        }
        return out;
    }
};

/// Every order is late from this rate on.
std::function<std::uint64_t(const workload&)> late_from(double rate) {
    return [rate](const workload& w) { return w.arrive.rate.per_second() >= rate ? w.orders : 0; };
}

double seconds_of(const workload& w) { return std::chrono::duration<double>(w.arrive.time).count(); }

}  // namespace

TEST_CASE("the highest rate of ten servers of 50 ms for p99<125ms is found where simulation has it",
          "[rate_search]") {
    bench b;
    b.settings.session.work.seed = GENERATE(1u, 2u, 3u, 4u, 5u);
    const auto out = b.run();
    REQUIRE(out.patterns.size() == 1);
    const auto& p = out.patterns.front();
    CAPTURE(b.settings.session.work.seed, describe_rates(p));
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value >= 150);
    CHECK(p.answer()->value <= 185);
    REQUIRE(p.found.not_met);
    CHECK(*p.found.not_met <= 190);
    CHECK(p.answer()->length_s >= full_length * shortest_point_s);
    CHECK(p.in_flight_limit == servers);
    CHECK(p.found.tries <= 12);
    CHECK_FALSE(out.interrupted);
    CHECK(b.saved.size() == p.points.size());
    CHECK(b.saved.front().interrupted);
}

TEST_CASE("the search begins at half of what the orders in flight allow, and never runs more", "[rate_search]") {
    bench b;
    b.late = late_from(1e9);
    const auto p = b.run().patterns.front();
    CHECK(b.measured.front().arrive.rate.per_second() == 100);
    for (const auto& w : b.measured) CHECK(w.arrive.rate.per_second() < 200);
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value >= 0.97 * 200);
    CHECK(p.found.not_met == 200);
}

TEST_CASE("without a bound the rate is doubled first", "[rate_search]") {
    bench b({"fan-out"}, false);
    b.late = late_from(1500);
    const auto p = b.run().patterns.front();
    std::vector<double> rates;
    for (const auto& w : b.measured) rates.push_back(w.arrive.rate.per_second());
    CHECK(std::vector(rates.begin(), rates.begin() + 6) == std::vector<double>{100, 200, 400, 800, 1600, 1200});
    CHECK(p.in_flight_limit == 0);
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value < 1500);
    CHECK(p.answer()->value > 1400);
}

TEST_CASE("what cannot be told is measured once more for twice as long, and then counts as not met",
          "[rate_search]") {
    bench b;
    b.late = [](const workload& w) { return w.arrive.rate.per_second() > 120 ? w.orders / 100 : 0; };
    const auto p = b.run().patterns.front();
    REQUIRE(p.points.size() >= 2);
    CHECK(p.points[1].value == 150);
    CHECK(p.points[1].judged.verdict == objective_verdict::cannot_tell);
    CHECK(p.points[1].length_s == 2 * shortest_point_s);
    CHECK(seconds_of(b.measured[2]) == 2 * seconds_of(b.measured[1]));
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value <= 120);
}

TEST_CASE("every point is as long as asked", "[rate_search]") {
    bench b;
    b.settings.length = 4s;
    b.late = late_from(120);
    const auto p = b.run().patterns.front();
    for (const auto& point : p.points) CHECK(point.length_s == (point.purpose == point_purpose::confirm ? 8 : 4));
}

TEST_CASE("a rate that a longer run does not confirm is lowered by 5 %, three times at most", "[rate_search]") {
    bench b;
    const double holds_below = GENERATE(115.0, 50.0);
    b.late = [&](const workload& w) {
        const bool longer = seconds_of(w) > shortest_point_s;
        return w.arrive.rate.per_second() >= (longer ? holds_below : 120) ? w.orders : 0;
    };
    const auto p = b.run().patterns.front();
    CHECK(p.found.contradicted);
    if (holds_below == 50.0) {
        CHECK(p.answer() == nullptr);
        CHECK(contains(p.not_known, "did not confirm"));
        CHECK(std::count_if(p.points.begin(), p.points.end(),
                            [](const auto& point) { return point.purpose == point_purpose::confirm; }) == 4);
        return;
    }
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value < 115);
    CHECK(p.answer()->value >= 0.95 * 115 * 0.95);
    CHECK(p.found.not_met.value_or(0) < 120);
}

TEST_CASE("a run that is not to be trusted ends the search of its pattern, and of no other", "[rate_search]") {
    bench b({"semaphore", "thread-pool"});
    b.late = late_from(120);
    b.change = [](run_result& run, const workload& w) {
        if (run.pattern == "semaphore" && w.arrive.rate.per_second() > 110)
            run.verdict = {verdict_kind::invalid_service_limit, "INVALID: PostgreSQL was the limit"};
    };
    const auto out = b.run();
    CHECK(out.patterns[0].not_known == "INVALID: PostgreSQL was the limit");
    CHECK(out.patterns[0].points.size() == 2);
    CHECK(out.patterns[0].found.met == 100);
    CHECK(out.patterns[1].answer() != nullptr);
    CHECK_FALSE(has_answers(out));
    CHECK_FALSE(is_trustworthy(out));
}

TEST_CASE("a signal ends the search with what is known", "[rate_search][signal]") {
    bench b({"semaphore", "thread-pool"});
    b.late = late_from(120);
    b.signal_after = 3;
    const auto out = b.run();
    CHECK(out.signal == SIGINT);
    CHECK(out.interrupted);
    CHECK(b.measured.size() == 3);
    CHECK(out.patterns[0].found.met == 100);
    CHECK(out.patterns[0].found.not_met == 150);
    CHECK(out.patterns[0].answer() == nullptr);
    CHECK(out.patterns[1].points.empty());
}

TEST_CASE("a server that does not start ends the search with what it has, or is an error", "[rate_search]") {
    bench b;
    b.late = late_from(120);
    const std::size_t runs = GENERATE(0u, 2u);
    const session_function measure = [&](const auto& s, const auto&) {
        if (b.measured.size() == runs) throw setup_error("no PostgreSQL");
        return b.measure(s);
    };
    if (runs == 0) {
        CHECK_THROWS_AS(run_rate_search(b.settings, b.observer, measure), setup_error);
        return;
    }
    const auto out = run_rate_search(b.settings, b.observer, measure);
    CHECK(out.failure == "no PostgreSQL");
    CHECK(out.interrupted);
    CHECK(out.patterns[0].points.size() == 2);
}

TEST_CASE("a pattern that the machine cannot hold has no answer, with the reason", "[rate_search]") {
    bench b;
    b.settings.session.contestants = {
        std::make_shared<fake_contestant>("semaphore", needs{.in_flight = 1'000'000'000})};
    b.settings.length = 1s;
    const auto p = b.run().patterns.front();
    CHECK(b.measured.empty());
    CHECK(contains(p.not_known, "1000000000 orders in flight need"));
}

TEST_CASE("an objective that the work alone does not leave time for is refused", "[rate_search][bad-input]") {
    bench b;
    b.settings.session.work.objectives = {{.quantile = 0.5, .limit = 50ms}};
    try {
        static_cast<void>(b.run());
        FAIL("not refused");
    } catch (const setup_error& e) {
        CHECK(contains(e.what(), "--slo: p50<50ms is not longer than the 50ms"));
        CHECK(contains(e.what(), "no rate can meet it"));
    }
    CHECK(b.measured.empty());
}
