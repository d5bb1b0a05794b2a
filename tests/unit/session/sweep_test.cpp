// A sweep without sessions: which points are measured, what is left out of them, and how the limit is searched.
#include "session/sweep.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "support/fake_run.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <csignal>

using namespace pipebench;
using namespace pipebench::test;

namespace {

using words = std::vector<std::string>;

std::shared_ptr<fake_contestant> contestant_of(const std::string& name, needs need = {.in_flight = 1}) {
    return std::make_shared<fake_contestant>(name, need);
}

/// A sweep of --orders over these numbers; the test provides the sessions.
struct bench {
    sweep_settings settings;
    sweep_observer observer;
    words messages;
    std::vector<sweep_outcome> saved;
    std::vector<std::uint64_t> measured;  ///< orders of each session
    std::uint64_t breaks_at = 1'000'000'000;

    explicit bench(const std::vector<std::uint64_t>& orders, limit_wish limit = limit_wish::none) {
        settings.option = "--orders";
        settings.limit = limit;
        for (const auto n : orders) {
            sweep_step step{std::to_string(n), fmt::format("n={}", n), {}};
            step.session.work.orders = n;
            step.session.contestants = {contestant_of("fan-out"), contestant_of("semaphore")};
            settings.steps.push_back(step);
        }
        observer.session.message = [this](const std::string& text) { messages.push_back(text); };
        observer.can_be_saved = [this](const sweep_outcome& so_far) { saved.push_back(so_far); };
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    sweep_outcome run() {
        return run_sweep(settings, observer, [this](const auto& s, const auto&) { return measure(s); });
    }
    session_outcome measure(const session_settings& s) {
        measured.push_back(s.work.orders);
        session_outcome out;
        for (const auto& c : s.contestants) {
            run_result run;
            run.pattern = c->id();
            run.orders = run.stored = s.work.orders;
            run.verdict = {verdict_kind::ok, "ok"};
            if (s.work.orders >= breaks_at)
                run.verdict = {verdict_kind::invalid_death, "INVALID: the run failed: killed by signal 9 (Killed)"};
            out.result.runs.push_back(run);
        }
        return out;
    }
    std::string refusal() {
        try {
            static_cast<void>(run());
            return {};
        } catch (const setup_error& e) {
            return e.what();
        }
    }
};

bool has(const words& all, const std::string& part) {
    return std::any_of(all.begin(), all.end(), [&](const auto& text) { return contains(text, part); });
}

}  // namespace

TEST_CASE("each point is a session of its own, and can be saved when it was measured", "[sweep]") {
    bench b({20, 40});
    const auto out = b.run();
    CHECK(b.measured == std::vector<std::uint64_t>{20, 40});
    CHECK(out.option == "--orders");
    CHECK(out.patterns == words{"fan-out", "semaphore"});
    CHECK_FALSE(out.interrupted);
    CHECK_FALSE(out.limit);
    REQUIRE(out.points.size() == 2);
    CHECK(out.points[1].result.runs.size() == 2);
    CHECK(has(b.messages, "point 2 of 2: n=40"));
    REQUIRE(b.saved.size() == 2);
    CHECK(b.saved[0].interrupted);
    CHECK(b.saved[0].points[0].result.runs.size() == 2);
    CHECK(b.saved[0].points[1].result.runs.empty());
}

TEST_CASE("two points of one value, and two that are the same work, are refused before anything is measured",
          "[sweep][bad-input]") {
    bench b({20, 20});
    CHECK(contains(b.refusal(), "--orders: 20 is in its list twice"));
    b.settings.steps[1].value = "20.0";
    CHECK(contains(b.refusal(), "--orders: 20 and 20.0 are the same work"));
    CHECK(b.measured.empty());
}

TEST_CASE(
    "a contestant that the box cannot hold is left out of its point with the reason, and the others are measured",
    "[sweep]") {
    bench b({20, 40});
    b.settings.steps[1].session.contestants = {contestant_of("fan-out", {.in_flight = 1'000'000'000}),
                                               contestant_of("semaphore")};
    const auto out = b.run();
    CHECK(out.points[0].left_out.empty());
    REQUIRE(out.points[1].left_out.size() == 1);
    CHECK(out.points[1].left_out[0].pattern == "fan-out");
    CHECK(out.points[1].left_out[0].cause.starts_with("local ports (this box has "));
    CHECK(has(b.messages, "left out: fan-out: 1000000000 orders in flight need"));
    CHECK(out.points[1].result.runs.size() == 1);
}

TEST_CASE("a sweep of which nothing fits is refused", "[sweep][bad-input]") {
    bench b({20, 40});
    for (auto& step : b.settings.steps)
        step.session.contestants = {contestant_of("fan-out", {.in_flight = 1'000'000'000})};
    CHECK(contains(b.refusal(), "no point fits: fan-out: 1000000000 orders in flight need"));
}

TEST_CASE("what the points show of the limit is reported without a run more", "[sweep][limit]") {
    bench b({40, 70'000}, limit_wish::from_points);
    b.settings.steps[1].session.contestants = {contestant_of("fan-out", {.in_flight = 1'000'000'000})};
    const auto out = b.run();
    CHECK(b.measured == std::vector<std::uint64_t>{40});
    REQUIRE(out.limit);
    CHECK_FALSE(out.limit->searched);
    CHECK(out.limit->good == 40);
    CHECK(out.limit->bad == 70'000);
}

TEST_CASE("the limit of fan-out is found between what went well and what did not", "[sweep][limit]") {
    bench b({20, 40}, limit_wish::searched);
    b.breaks_at = 1234;
    const auto out = b.run();
    REQUIRE(out.limit);
    CHECK(out.limit->searched);
    REQUIRE(out.limit->bad);
    const auto good = static_cast<double>(out.limit->good), bad = static_cast<double>(*out.limit->bad);
    CHECK(good >= 40);
    CHECK(good < 1234);
    CHECK(bad >= 1234);
    CHECK(out.limit->narrow == true);
    CHECK(bad - good <= 0.05 * bad);
    CHECK(out.limit->cause == "INVALID: the run failed: killed by signal 9 (Killed)");
    CHECK(has(b.messages, "looking for the limit of fan-out: 80 orders"));
}

TEST_CASE("a run of the search that is killed counts as broken, and the search goes on", "[sweep][limit]") {
    bench b({10, 20}, limit_wish::searched);
    b.breaks_at = 40;
    const auto limit = b.run().limit;
    REQUIRE(limit);
    CHECK(limit->bad == 40);
    CHECK(limit->good > 20);
    CHECK(contains(limit->cause, "the run failed: "));
}

TEST_CASE("the search has one run of fan-out alone for each number of orders", "[sweep][limit]") {
    bench b({10, 20}, limit_wish::searched);
    b.settings.steps[0].session.rounds = b.settings.steps[1].session.rounds = 3;
    b.settings.steps[0].session.warmup = 1;
    std::vector<session_settings> sessions;
    static_cast<void>(run_sweep(b.settings, b.observer, [&](const auto& s, const auto&) {
        sessions.push_back(s);
        if (sessions.size() > 2) b.breaks_at = 1;
        return b.measure(s);
    }));
    REQUIRE(sessions.size() > 3);
    CHECK(sessions[1].contestants.size() == 2);
    CHECK(sessions[2].contestants.size() == 1);
    CHECK(sessions[2].contestants[0]->id() == "fan-out");
    CHECK(sessions[2].rounds == 1);
    CHECK(sessions[2].warmup == 0);
}

TEST_CASE("a server that does not start shows no limit, and ends the sweep with what it has", "[sweep][limit]") {
    bench b({10, 20}, limit_wish::searched);
    const std::size_t measured = GENERATE(1u, 2u);  // a point, or both and none of the search
    const auto out = run_sweep(b.settings, b.observer, [&](const auto& s, const auto&) {
        if (b.measured.size() == measured) throw setup_error("no PostgreSQL");
        return b.measure(s);
    });
    CHECK(out.failure == "no PostgreSQL");
    CHECK(out.interrupted);
    CHECK_FALSE(out.limit);
    CHECK(out.points[0].result.runs.size() == 2);
    CHECK(out.points[1].result.runs.size() == (measured == 1 ? 0u : 2u));
}

TEST_CASE("a server that does not start for the first point is an error: nothing was measured", "[sweep]") {
    bench b({10, 20});
    CHECK_THROWS_AS(
        run_sweep(b.settings, b.observer,
                  [](const auto&, const auto&) -> session_outcome { throw setup_error("no PostgreSQL"); }),
        setup_error);
}

TEST_CASE("a signal in a point ends the sweep with what it has", "[sweep][signal]") {
    bench b({10, 20, 30}, limit_wish::searched);
    const auto out = run_sweep(b.settings, b.observer, [&](const auto& s, const auto&) {
        auto session = b.measure(s);
        if (b.measured.size() == 2) session.signal = SIGTERM;
        return session;
    });
    CHECK(out.signal == SIGTERM);
    CHECK(out.interrupted);
    CHECK(b.measured.size() == 2);
    CHECK(out.points[1].result.runs.size() == 2);
    CHECK(out.points[2].result.runs.empty());
}
