// A terminal cuts what is too wide for it: no line of anything that a user sees by default, or with details, may be.
#include "analysis/comparison.hpp"
#include "report/answer.hpp"
#include "report/comparison.hpp"
#include "report/gate.hpp"
#include "report/sweep.hpp"
#include "support/load_runs.hpp"
#include "support/sweeps.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::size_t narrow = 80;

/// The five patterns in so many rounds; `factor`: of times and CPU.
session_result rounds_of(std::uint64_t rounds, double factor = 1) {
    auto s = test::sample_session();
    const auto runs = std::exchange(s.runs, {});
    s.rounds = rounds;
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (auto run : runs) {
            const double f = factor * (1 + 0.001 * static_cast<double>(round));
            run.round = round;
            run.time_s *= f;
            run.cpu_per_order_us *= f;
            s.runs.push_back(run);
        }
    return s;
}

session_result killed_in_a_scenario() {
    auto s = test::sample_session();
    s.chaos = "kill-worker@50%";
    for (auto& run : s.runs) {
        run.scenario = "flaky";
        run.recovery = {kill_target::worker, 12.345, 4.86, 11.48, 2, 10'404};
        run.failed = 12;
        run.stored -= 12;
        run.failures = {{stage::fetch, error_kind::timeout, 12}};
        run.verdict = {verdict_kind::failures, "0.12 % failed, mostly fetch timeout"};
        run.ledger.redelivered = 4'881;
    }
    return s;
}

gate_outcome failed_gate() {
    gate_outcome g;
    g.base_binary = "/opt/pipebench-0.1.0/bin/pipebench";
    g.head_binary = "/home/ada/build/release/pipebench";
    g.base_version = g.head_version = "0.1.0";
    g.rounds = 12;
    g.complete = true;
    g.series = g.confirmation = {rounds_of(12), rounds_of(12), rounds_of(12, 1.3)};
    g.verdict.rows = judge_series(g.series, gate_thresholds({}), gate_alpha);
    g.verdict.confirmation = g.verdict.rows;
    return g;
}

sweep_outcome crossing_sweep() {
    using test::sweep_point_of;
    auto s = test::sweep_of({sweep_point_of("10", {20, 21, 40, 20.5, 22}), sweep_point_of("50", {8, 4, 41, 4.2, 4.5}),
                             sweep_point_of("100", {2, 2.5, 42, 3, 2.01}), sweep_point_of("500", {1, 2, 43, 3, 0.5})},
                            {"fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"});
    for (auto& point : s.points)
        for (std::size_t i = 0; i < s.patterns.size(); ++i) point.result.runs[i].pattern = s.patterns[i];
    s.points[3].result.runs[2].verdict = {verdict_kind::invalid_busy_box,
                                          "INVALID: the box was busy: other programs used 93 % of it"};
    s.points[0].left_out = {{"fan-out", "descriptors (this box has 1,024)", "fan-out: 10000 orders need 10072"}};
    s.points[1].result.warnings = {"fan-out: the hypervisor took 3 % of the box's time during the run"};
    return s;
}

using rendering = std::function<std::string(const look&)>;

void check_that_it_fits(const rendering& render) {
    for (const std::size_t width : {narrow, std::size_t{100}, std::size_t{120}, std::size_t{200}})
        for (const bool details : {false, true}) {
            const auto text = render({colours::off, width, details});
            CAPTURE(width, details, text);
            CHECK_FALSE(text.empty());
            CHECK(test::widest_line(text) <= width);
        }
}

rendering of_session(const session_result& s) {
    return [&s](const look& how) { return render_text(model_of(s), how); };
}

}  // namespace

TEST_CASE("the table of a run, and of several rounds, fits into a terminal", "[widths]") {
    const auto once = rounds_of(1), eight = rounds_of(8);
    check_that_it_fits(of_session(once));
    check_that_it_fits(of_session(eight));
}

TEST_CASE("an open run fits into a terminal, with its objective, which is its answer", "[widths][load]") {
    session_result s;
    for (const auto* name : {"fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"}) {
        s.runs.push_back(test::load_run(name, test::load_work(), 0));
        s.runs.back().load->objectives.front().verdict = objective_verdict::cannot_tell;
    }
    check_that_it_fits(of_session(s));
    CHECK_THAT(of_session(s)({colours::off, narrow}), ContainsSubstring("p99<125ms cannot tell"));
}

TEST_CASE("a scenario with a kill fits into a terminal", "[widths]") {
    const auto s = killed_in_a_scenario();
    check_that_it_fits(of_session(s));
    CHECK_THAT(of_session(s)({colours::off, narrow}), ContainsSubstring("Killed"));
}

TEST_CASE("a sweep fits into a terminal, and begins with its answer", "[widths][sweep]") {
    const auto s = crossing_sweep();
    check_that_it_fits([&](const look& how) { return render_text(s, how); });
    const auto text = render_text(s, {colours::off, narrow});
    const auto table = text.find("Time (s)");
    for (const auto& f : answer(s)) {
        INFO(f.label);
        CHECK(text.find("\n" + f.label + "  ") < table);
    }
    CHECK_THAT(text, ContainsSubstring("Fastest     ") && ContainsSubstring("How sure    "));
}

TEST_CASE("a comparison fits into a terminal, and shows what changed", "[widths][comparison]") {
    const auto base = rounds_of(8), head = rounds_of(8, 1.5);
    const auto c = compare(std::vector{base}, std::vector{head}, {});
    check_that_it_fits([&](const look& how) { return render_text(c, how); });
    const auto text = render_text(c, {colours::off, narrow}), all = render_text(c, {colours::off, narrow, true});
    CHECK_THAT(text, ContainsSubstring("other figures did not change") && ContainsSubstring("--details shows them."));
    CHECK_THAT(all, !ContainsSubstring("--details"));
    CHECK(text.size() < all.size());
}

TEST_CASE("a gate fits into a terminal, and begins with its verdict", "[widths][gate]") {
    const auto g = failed_gate();
    check_that_it_fits([&](const look& how) { return render_text(g, how); });
    const auto text = render_text(g, {colours::off, narrow});
    CHECK_THAT(text, StartsWith("gate: FAILED") && ContainsSubstring("REGRESSION"));
}
