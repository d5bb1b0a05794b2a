// A build must fail if and only if there is a regression. These tests check every rule for this, on sessions with
// known noise.
#include "analysis/comparison.hpp"

#include "contracts/error.hpp"
#include "report/comparison.hpp"
#include "support/sample_result.hpp"
#include "support/widest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <utility>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinAbs;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A factor from 1 - half to 1 + half, different in every round; `salt` changes the order.
double noise(std::uint64_t round, std::uint64_t salt, double half) {
    return 1 + half * (static_cast<double>((round * 7 + salt * 5) % 17) / 8 - 1);
}

void scale(run_result& r, double factor) {
    for (double* x : {&r.time_s, &r.orders_per_s, &r.cpu_per_order_us, &r.latency.p50_ms, &r.latency.p99_ms})
        *x *= factor;
}

void scale_times(run_result& r, double factor) {
    for (double* x : {&r.time_s, &r.latency.p50_ms, &r.latency.p99_ms}) *x *= factor;
    r.orders_per_s /= factor;
}

/// The sample session with more rounds, each a little different.
session_result session(std::uint64_t rounds, std::uint64_t salt = 1, double half = 0.01) {
    auto out = test::sample_session();
    const auto first = std::exchange(out.runs, {});
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (auto run : first) {
            run.round = round;
            scale(run, noise(round, salt, half));
            out.runs.push_back(run);
        }
    return out;
}

template <class Change>
session_result changed(session_result s, std::string_view pattern, Change change_run) {
    for (auto& run : s.runs)
        if (run.pattern == pattern) change_run(run);
    return s;
}

comparison compared(const session_result& base, const session_result& head, std::vector<threshold> thresholds = {}) {
    return compare(std::array{base}, std::array{head}, {std::move(thresholds)});
}

/// As if the box had been slower by `factor`: its yardstick, and all that the patterns did.
session_result on_slower_box(session_result s, double factor) {
    for (auto& run : s.runs) {
        for (auto& p : run.yardstick->pieces) {
            p.cpu_us *= factor;
            p.elapsed_us *= factor;
        }
        run.cpu_per_order_us *= factor;
        run.efficiency = 0;  // no simulated latency
        scale_times(run, factor);
    }
    return s;
}

session_result without_yardstick(session_result s) {
    for (auto& run : s.runs) run.yardstick.reset();
    return s;
}

comparison_row row_of(const comparison& c, std::string_view pattern, std::string_view metric_id) {
    const auto is = [&](const auto& row) { return row.pattern == pattern && row.what->id == metric_id; };
    const auto at = std::find_if(c.rows.begin(), c.rows.end(), is);
    INFO(pattern << " " << metric_id);
    REQUIRE(at != c.rows.end());
    return *at;
}

std::vector<std::string> fields_of(const std::vector<difference>& all) {
    std::vector<std::string> out;
    for (const auto& d : all) out.push_back(d.field);
    return out;
}

std::string all_warnings(const comparison& c) {
    std::string out;
    for (const auto& w : c.warnings) out += w + "\n";
    return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("a result compared with itself is the same in every row", "[comparison]") {
    const auto c = compared(session(8), session(8));
    CHECK(c.rows.size() == 5 * 8);
    CHECK(c.count(change::same) == c.rows.size());
    CHECK_FALSE(c.regressed());
    CHECK(c.mismatches.empty());
    CHECK(c.warnings.empty());
    CHECK(c.advice.empty());
}

TEST_CASE("noise alone is no change", "[comparison]") {
    const auto c = compared(session(8, 1), session(9, 2));
    CHECK(c.count(change::same) == c.rows.size());
}

TEST_CASE("a tenth more CPU per order is a regression of that pattern, and of no other row", "[comparison]") {
    const auto head = changed(session(8, 2), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.1; });
    const auto c = compared(session(8), head);
    CHECK(c.count(change::worse) == 1);
    CHECK(c.count(change::better) == 0);
    const auto row = row_of(c, "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::worse);
    CHECK_THAT(row.estimate.ratio, WithinAbs(1.1, 0.01));
    REQUIRE(row.estimate.range);
    CHECK(row.estimate.range->low > 1);
    CHECK(row.estimate.base_samples == 8);
    CHECK(compared(head, session(8)).count(change::better) == 1);
}

TEST_CASE("fewer orders a second are worse, and more are better", "[comparison]") {
    const auto base = session(8);
    const double factor = GENERATE(0.7, 1.4);
    const auto head = changed(base, "thread-pool", [&](auto& run) { run.orders_per_s *= factor; });
    const auto row = row_of(compared(base, head), "thread-pool", "throughput");
    CHECK(row.verdict == (factor < 1 ? change::worse : change::better));
}

TEST_CASE("without significance nothing is a regression, however large", "[comparison]") {
    // The median moves by 20 %, but the noise is 80 %.
    const auto head = changed(session(8, 2, 0.8), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.2; });
    const auto c = compared(session(8, 1, 0.8), head);
    const auto row = row_of(c, "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::cannot_tell);
    CHECK_THAT(row.why, ContainsSubstring("wider than 5 %"));
    CHECK_THAT(c.advice, ContainsSubstring("--repeat") && ContainsSubstring("gate"));
    CHECK_FALSE(c.regressed());
}

TEST_CASE("what is significant and below the relative threshold is the same", "[comparison]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.04; });
    const auto row = row_of(compared(session(8), head), "semaphore", "cpu_per_order_us");
    CHECK(row.estimate.p < 0.01);
    CHECK(row.verdict == change::same);
    CHECK(row.why == "below 5 %");
}

TEST_CASE("what is significant and below the absolute floor is the same", "[comparison]") {
    const auto small = [](double us) { return [us](auto& run) { run.cpu_per_order_us *= us / 162; }; };
    const auto verdict = [&](double base, double head) {
        return row_of(
            compared(changed(session(8), "semaphore", small(base)), changed(session(8), "semaphore", small(head))),
            "semaphore", "cpu_per_order_us");
    };
    CHECK(verdict(2, 2.9).verdict == change::same);
    CHECK(verdict(2, 2.9).why == "below 1 us");
    CHECK(verdict(2, 3.2).verdict == change::worse);
}

TEST_CASE("a wide interval whose ends differ by less than the floor is the same", "[comparison]") {
    const auto tiny = [](auto& run) { run.cpu_per_order_us /= 1000; };
    const auto row = row_of(
        compared(changed(session(8, 1, 0.5), "semaphore", tiny), changed(session(8, 2, 0.5), "semaphore", tiny)),
        "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::same);
    CHECK(row.why == "within 1 us");
}

TEST_CASE("a threshold that is given stands in place of the metric's own, the later of two", "[comparison]") {
    const auto* cpu = find_metric("cpu_per_order_us");
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.1; });
    const auto verdict = [&](std::vector<threshold> t) {
        return row_of(compared(session(8), head, std::move(t)), "semaphore", "cpu_per_order_us").verdict;
    };
    CHECK(verdict({}) == change::worse);
    CHECK(verdict({{cpu, 0.2}}) == change::same);
    CHECK(verdict({{cpu, 0.2}, {cpu, 0.02}}) == change::worse);
}

TEST_CASE("a metric that is not compared by itself is, where a threshold names it", "[comparison]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.latency.max_ms *= 2; });
    CHECK(compared(session(8), head).count(change::worse) == 0);
    const auto c = compared(session(8), head, {{find_metric("max_ms"), 0.1}});
    CHECK(c.rows.size() == 5 * 9);
    CHECK(row_of(c, "semaphore", "max_ms").verdict == change::worse);
}

TEST_CASE("too few rounds: nothing can be told, and the way to more is", "[comparison]") {
    const auto rounds = GENERATE(1u, 4u);
    const auto head = changed(session(rounds), "semaphore", [](auto& run) { run.cpu_per_order_us *= 9; });
    const auto c = compared(session(8), head);
    CHECK(c.count(change::cannot_tell) == c.rows.size());
    CHECK(c.rows[0].why == fmt::format("{} sample{} in head, needs 5", rounds, rounds == 1 ? "" : "s"));
    CHECK(c.lacks_samples());
    CHECK(c.advice ==
          fmt::format("base has 8 rounds, head has {}; a verdict needs 5: measure with --repeat 8", rounds));
}

TEST_CASE("too few rounds of one pattern leave the others their verdicts", "[comparison]") {
    auto head = session(8);
    std::erase_if(head.runs, [](auto& run) { return run.pattern == "semaphore" && run.round > 4; });
    const auto c = compared(session(8), head);
    CHECK_FALSE(c.lacks_samples());
    CHECK(c.count(change::cannot_tell) == 8);
}

TEST_CASE("all rows share one alpha, of which CPU per order has four parts", "[comparison]") {
    const auto c = compared(session(8), session(8), {{find_metric("max_ms"), 0.1}});
    double sum = 0;
    for (const auto& row : c.rows) sum += row.alpha;
    CHECK_THAT(sum, WithinAbs(0.05, 1e-12));
    const auto cpu = row_of(c, "semaphore", "cpu_per_order_us").alpha;
    for (const auto* id : {"time_s", "error_percent", "max_ms"})
        CHECK_THAT(row_of(c, "semaphore", id).alpha, WithinAbs(cpu / 4, 1e-12));
}

TEST_CASE("a slower box is no regression, and the text says first how much slower it was", "[comparison][box]") {
    const double factor = GENERATE(0.8, 1.14, 2.0);
    const auto base = on_slower_box(session(8), 1), head = on_slower_box(session(8, 2), factor);
    for (const auto& [first, second] : {std::pair(base, head), std::pair(head, base)}) {
        const auto c = compared(first, second);
        CHECK(c.count(change::worse) == 0);
        CHECK(c.count(change::better) == 0);
        REQUIRE(c.box);
        CHECK_THAT(std::abs(std::log(c.box->factor)), WithinAbs(std::abs(std::log(factor)), 1e-9));
        const auto row = row_of(c, "semaphore", "cpu_per_order_us");
        CHECK_THAT(row.estimate.ratio, WithinAbs(1, 0.02));
        CHECK_THAT(std::abs(std::log(row.measured_ratio())), WithinAbs(std::abs(std::log(factor)), 0.02));
    }
    if (factor > 2 || factor < 1) return;
    const auto text = reporting::render_text(compared(base, head), colours::off);
    const auto said = fmt::format("{:.0f} % slower in head", 100 * (factor - 1));
    CHECK_THAT(text, ContainsSubstring(said));
    CHECK(text.find("The box: ") == text.find('\n') + 1);
    CHECK_THAT(reporting::render_markdown(compared(base, head)), ContainsSubstring(said));
}

TEST_CASE("what the box's movement may explain cannot be told, and the reason is the box", "[comparison][box]") {
    // The pieces do not agree by how much it got slower.
    auto head = on_slower_box(session(8, 2), 1.14);
    for (auto& run : head.runs) run.yardstick->pieces[2].cpu_us *= 1.5;
    const auto row = row_of(compared(on_slower_box(session(8), 1), head), "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::cannot_tell);
    CHECK(row.why == "the box was 24 % slower");
}

TEST_CASE("a change beyond the box's movement is found, with the size that is left", "[comparison][box]") {
    const auto head =
        changed(on_slower_box(session(8, 2), 1.05), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.2; });
    const auto c = compared(on_slower_box(session(8), 1), head);
    CHECK(c.count(change::worse) == 1);
    const auto row = row_of(c, "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::worse);
    CHECK_THAT(row.estimate.ratio, WithinAbs(1.2, 0.02));
    CHECK_THAT(row.measured_ratio(), WithinAbs(1.26, 0.02));
}

TEST_CASE("a change that only the box's movement shows is none", "[comparison][box]") {
    auto head = session(8, 2);  // as fast as before, on a box that was faster
    for (auto& run : head.runs)
        for (auto& p : run.yardstick->pieces) p.cpu_us /= 1.25;
    const auto row = row_of(compared(session(8), head), "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::cannot_tell);
    CHECK(row.why == "the box was 20 % faster");
}

TEST_CASE("a slower box does not explain a time that is simulated latency", "[comparison][box]") {
    auto head = session(8, 2);
    for (auto& run : head.runs)
        for (auto& p : run.yardstick->pieces) p.elapsed_us *= 1.3;
    CHECK(row_of(compared(session(8), head), "semaphore", "time_s").verdict == change::same);
    for (auto& run : head.runs) scale_times(run, 1.3);
    CHECK(row_of(compared(session(8), head), "semaphore", "time_s").verdict == change::worse);
}

TEST_CASE("of an open run nobody knows how much of a time the box explains", "[comparison][box]") {
    const auto open = [](session_result s) {
        for (auto& run : s.runs) run.load.emplace();
        return s;
    };
    const auto base = open(session(8));
    CHECK(row_of(compared(base, open(session(8, 2))), "semaphore", "p99_ms").verdict == change::same);
    const auto head = open(on_slower_box(session(8, 2), 1.4));
    CHECK(row_of(compared(base, head), "semaphore", "p99_ms").verdict == change::cannot_tell);
}

TEST_CASE("an unsteady box makes the intervals wider", "[comparison][box]") {
    const auto unsteady = [](session_result s, std::uint64_t salt) {
        for (auto& run : s.runs)
            for (auto& p : run.yardstick->pieces) p.cpu_us *= noise(run.round, salt, 0.3);
        return s;
    };
    const auto head = changed(session(8, 2), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.1; });
    CHECK(row_of(compared(session(8), head), "semaphore", "cpu_per_order_us").verdict == change::worse);
    const auto row = row_of(compared(unsteady(session(8), 1), unsteady(head, 1)), "semaphore", "cpu_per_order_us");
    CHECK(row.verdict == change::cannot_tell);
}

TEST_CASE("without a yardstick times and CPU cannot be told, and the rest is judged", "[comparison][box]") {
    const auto old = without_yardstick(session(8));
    auto head = on_slower_box(session(8, 2), 1.5);
    for (auto& run : head.runs)
        if (run.pattern == "semaphore") {
            *run.memory.peak_rss_bytes *= 2;
            run.failed = 300;
            run.ledger.lost = run.round == 1 ? 1 : 0;
        }
    for (const auto& c : {compared(old, head), compared(old, without_yardstick(head))}) {
        for (const auto* id : {"time_s", "throughput", "cpu_per_order_us", "p50_ms", "p99_ms"}) {
            CHECK(row_of(c, "semaphore", id).verdict == change::cannot_tell);
            CHECK(row_of(c, "semaphore", id).why == "no yardstick in base");
        }
        CHECK(row_of(c, "semaphore", "rss_mb").verdict == change::worse);
        CHECK(row_of(c, "semaphore", "error_percent").verdict == change::worse);
        CHECK(row_of(c, "semaphore", "lost").verdict == change::worse);
        CHECK(row_of(c, "thread-pool", "rss_mb").verdict == change::same);
        CHECK_THAT(reporting::render_text(c, colours::off), ContainsSubstring("no yardstick in base"));
        CHECK(nlohmann::json::parse(reporting::render_json(c))["box"].is_null());
    }
}

TEST_CASE("sessions of one side that differ make a change between the sides uncertain", "[comparison][sessions]") {
    const auto with_cpu = [](std::uint64_t salt, double factor) {
        return changed(session(8, salt), "semaphore", [&](auto& run) { run.cpu_per_order_us *= factor; });
    };
    const auto verdict = [](const std::vector<session_result>& base, const std::vector<session_result>& head) {
        return row_of(compare(base, head, {}), "semaphore", "cpu_per_order_us").verdict;
    };
    const std::vector steady{with_cpu(1, 1), with_cpu(2, 1.01), with_cpu(3, 0.99)};
    const std::vector more{with_cpu(4, 1.15), with_cpu(5, 1.16), with_cpu(6, 1.14)};
    const std::vector unsteady{with_cpu(1, 0.8), with_cpu(2, 1), with_cpu(3, 1.25)};
    const std::vector unsteady_more{with_cpu(4, 0.95), with_cpu(5, 1.15), with_cpu(6, 1.4)};
    CHECK(verdict(steady, more) == change::worse);
    CHECK(verdict(more, steady) == change::better);
    CHECK(verdict(steady, steady) == change::same);
    CHECK(verdict(unsteady, unsteady_more) == change::cannot_tell);
    CHECK(compare(steady, more, {}).count(change::worse) == 1);
}

TEST_CASE("many sessions of one round each are enough, and one of them is not", "[comparison][sessions]") {
    std::vector<session_result> base, head;
    for (std::uint64_t i = 1; i <= 6; ++i) {
        base.push_back(
            changed(session(1), "semaphore", [&](auto& run) { run.cpu_per_order_us *= noise(i, 1, 0.01); }));
        head.push_back(changed(base.back(), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.2; }));
    }
    CHECK(row_of(compare(base, head, {}), "semaphore", "cpu_per_order_us").verdict == change::worse);
    const auto row = row_of(compare(std::span(base).first(4), head, {}), "semaphore", "cpu_per_order_us");
    CHECK(row.why == "4 samples in base, needs 5");
}

TEST_CASE("a session with a run that is not to be trusted does not count where there are others",
          "[comparison][sessions]") {
    const auto doubtful = changed(session(8, 3), "semaphore", [](auto& run) {
        run.cpu_per_order_us *= 5;
        run.verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    });
    const std::vector base{session(8, 1), doubtful}, head{session(8, 2)};
    const auto c = compare(base, head, {});
    CHECK(c.count(change::same) == c.rows.size());
    CHECK(c.untrusted.empty());
    CHECK_THAT(all_warnings(c), ContainsSubstring("semaphore: a session not counted: 8 of 8 runs in base 2"));
    CHECK(compare(std::span(base).last(1), head, {}).untrusted == std::vector<std::string>{"semaphore"});
}

TEST_CASE("losses are counted by order, over all sessions", "[comparison][sessions]") {
    const auto losing = changed(session(8), "semaphore", [](auto& run) { run.ledger.lost = run.round == 1 ? 1 : 0; });
    const std::vector twice{losing, losing}, once{losing}, none{session(8)};
    CHECK_FALSE(compare(once, twice, {}).regressed());
    CHECK_FALSE(compare(twice, once, {}).regressed());
    CHECK(compare(none, once, {}).regressed());
    CHECK(compare(std::vector{losing, session(8)}, once, {}).regressed());
}

TEST_CASE("differences and patterns of all sessions are looked at", "[comparison][sessions]") {
    auto other = session(8), fewer = session(8);
    other.box.cores = 8;
    std::erase_if(fewer.runs, [](auto& run) { return run.pattern == "fan-out"; });
    const auto c = compare(std::vector{session(8), other}, std::vector{session(8), fewer}, {});
    CHECK(fields_of(c.mismatches) == std::vector<std::string>{"box.cores", "patterns"});
    CHECK(c.rows.size() == 4 * 8);
    CHECK_THAT(all_warnings(c), ContainsSubstring("fan-out: in base 1, base 2, head 1 alone, not compared"));
}

TEST_CASE("one session a side says how little it shows, and names the stronger test", "[comparison][report]") {
    const auto* word = "one session a side shows changes of CPU per order from about 5 % on";
    const auto text = reporting::render_text(compared(session(8), session(8, 2)), colours::off);
    CHECK_THAT(text, ContainsSubstring("reach: "));
    CHECK_THAT(reporting::render_markdown(compared(session(8), session(8, 2))), ContainsSubstring(word));
    const std::vector several{session(8), session(8, 2)};
    CHECK_THAT(reporting::render_text(compare(several, several, {}), colours::off), !ContainsSubstring("reach: "));
}

TEST_CASE("equal programs are found different in no more comparisons than alpha says", "[comparison]") {
    // The box and the patterns drift by 20 % from session to session, together, and by 5 % apart from each other, of
    // which the spread of the yardstick between runs tells.
    std::mt19937_64 random(20261127);
    std::lognormal_distribution<double> drift(0, 0.2), apart(0, 0.01), between_runs(0, 0.06);
    const auto drifting = [&] {
        auto out = session(8, 1, 0);
        const double box = drift(random);
        for (auto& run : out.runs) {
            run.efficiency = 0;
            for (auto& p : run.yardstick->pieces)
                p.cpu_us = p.elapsed_us *= box * between_runs(random) * between_runs(random);
            run.cpu_per_order_us *= box * between_runs(random);
            run.time_s *= box * between_runs(random);
            run.orders_per_s = 10'000 / run.time_s;
            run.latency.p50_ms *= box * between_runs(random);
            run.latency.p99_ms *= box * between_runs(random) * between_runs(random);
        }
        for (const auto& p : patterns_in(out)) {
            const double own = apart(random);
            out = changed(std::move(out), p, [&](auto& run) { run.cpu_per_order_us *= own; });
        }
        return out;
    };
    constexpr int comparisons = 300;
    for (const std::size_t files : {1u, 3u}) {
        int wrong = 0;
        for (int i = 0; i < comparisons; ++i) {
            std::vector<session_result> base(files), head(files);
            for (auto* side : {&base, &head}) std::generate(side->begin(), side->end(), drifting);
            const auto c = compare(base, head, {});
            wrong += c.count(change::worse) + c.count(change::better) > 0 ? 1 : 0;
        }
        INFO(files << " files a side");
        CHECK(wrong <= 0.05 * comparisons);
    }
}

TEST_CASE("no errors in both are the same", "[comparison]") {
    const auto row = row_of(compared(session(8), session(8)), "semaphore", "error_percent");
    CHECK(row.verdict == change::same);
    CHECK(row.why == "0 in both");
}

TEST_CASE("errors that appear are a regression, and that go an improvement, without a ratio", "[comparison]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.failed = 200; });
    const auto row = row_of(compared(session(8), head), "semaphore", "error_percent");
    CHECK(row.verdict == change::worse);
    CHECK_FALSE(row.estimate.ratio == row.estimate.ratio);
    CHECK(row.estimate.p < 0.01);
    CHECK(row_of(compared(head, session(8)), "semaphore", "error_percent").verdict == change::better);
}

TEST_CASE("errors below the floor are the same, in every round or in one", "[comparison]") {
    const std::uint64_t rounds = GENERATE(1u, 8u);
    const auto head = changed(session(8), "semaphore", [&](auto& run) { run.failed = run.round <= rounds ? 9 : 0; });
    CHECK(row_of(compared(session(8), head), "semaphore", "error_percent").verdict == change::same);
}

TEST_CASE("many errors in one round of eight cannot be told", "[comparison]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.failed = run.round == 3 ? 500 : 0; });
    const auto row = row_of(compared(session(8), head), "semaphore", "error_percent");
    CHECK(row.verdict == change::cannot_tell);
    CHECK_THAT(row.why, ContainsSubstring("0.1 %"));
}

TEST_CASE("a pattern with a run that is not to be trusted is not judged, and the warning says why", "[comparison]") {
    const auto doubtful = changed(session(8), "semaphore", [](auto& run) {
        run.cpu_per_order_us *= 2;
        if (run.round == 3) run.verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    });
    const auto in_base = GENERATE(false, true);
    const auto c = in_base ? compared(doubtful, session(8)) : compared(session(8), doubtful);
    CHECK(row_of(c, "semaphore", "cpu_per_order_us").verdict == change::cannot_tell);
    CHECK(c.count(change::cannot_tell) == 8);
    CHECK(c.count(change::same) == 4 * 8);
    CHECK_THAT(all_warnings(c), ContainsSubstring("semaphore") && ContainsSubstring("1 of 8") &&
                                    ContainsSubstring("round 3: INVALID: the box was busy") &&
                                    ContainsSubstring(in_base ? "in base" : "in head"));
    CHECK(c.untrusted == std::vector<std::string>{"semaphore"});
    const std::string said = "32 the same, 8 cannot be told; 1 pattern is not to be trusted";
    CHECK_THAT(first_line(reporting::render_text(c, colours::off)), ContainsSubstring(said));
    CHECK_THAT(first_line(reporting::render_markdown(c)), ContainsSubstring(said));
    CHECK(nlohmann::json::parse(reporting::render_json(c))["untrusted"] == nlohmann::json{"semaphore"});
}

TEST_CASE("losses that grow are a regression, as are the first", "[comparison]") {
    const auto losing = [](std::uint64_t n) {
        return changed(session(8), "semaphore", [&](auto& run) {
            run.ledger.lost = n;
            run.verdict = {verdict_kind::invalid, "INVALID"};
        });
    };
    const auto row = row_of(compared(losing(1), losing(2)), "semaphore", "lost");
    CHECK(row.verdict == change::worse);
    CHECK(row.why == "more than in base");
    CHECK_FALSE(compared(losing(2), losing(2)).regressed());
    CHECK_FALSE(compared(losing(2), losing(1)).regressed());
}

TEST_CASE("one order lost in head is a regression, whatever statistics say", "[comparison]") {
    const auto* id = GENERATE("lost", "corrupt", "unexpected");
    const auto rounds = GENERATE(1u, 8u);
    const auto with_loss = changed(session(rounds), "semaphore", [&](auto& run) {
        if (run.round != 1) return;
        run.verdict = {verdict_kind::invalid, "INVALID"};
        (id == std::string_view("lost")      ? run.ledger.lost
         : id == std::string_view("corrupt") ? run.ledger.corrupt
                                             : run.ledger.unexpected) = 1;
    });
    const auto c = compared(session(rounds), with_loss);
    CHECK(c.count(change::worse) == 1);
    CHECK(row_of(c, "semaphore", id).verdict == change::worse);
    CHECK_FALSE(compared(with_loss, with_loss).regressed());
    CHECK_FALSE(compared(with_loss, session(rounds)).regressed());
}

TEST_CASE("interrupted runs do not count, and are warned of", "[comparison]") {
    auto head = session(9);
    head.interrupted = true;
    for (auto& run : head.runs)
        if (run.round == 9) {
            run.interrupted = true;
            run.verdict = {verdict_kind::interrupted, "interrupted: partial"};
            run.cpu_per_order_us = 1e6;
            run.ledger.lost = 5;
        }
    const auto c = compared(session(8), head);
    CHECK(c.count(change::same) == c.rows.size());
    CHECK(c.untrusted.empty());
    CHECK_THAT(all_warnings(c), ContainsSubstring("head: interrupted; 5 runs were cut short"));
    head.runs.resize(8 * 5);
    CHECK_THAT(all_warnings(compared(head, session(8))), ContainsSubstring("base: interrupted; not all runs"));
}

TEST_CASE("a pattern in one of the two alone is not compared, and named", "[comparison]") {
    auto base = session(8), head = session(8);
    std::erase_if(base.runs, [](auto& run) { return run.pattern == "fan-out"; });
    std::erase_if(head.runs, [](auto& run) { return run.pattern == "semaphore"; });
    const auto c = compared(base, head);
    CHECK(c.rows.size() == 3 * 8);
    CHECK(fields_of(c.mismatches) == std::vector<std::string>{"patterns"});
    CHECK(describe(c.mismatches.at(0), 40) == "patterns: also semaphore against also fan-out");
    CHECK_THAT(all_warnings(c),
               ContainsSubstring("fan-out: in head alone") && ContainsSubstring("semaphore: in base alone"));
    std::erase_if(base.runs, [](auto& run) { return run.pattern != "semaphore"; });
    CHECK_THROWS_MATCHES(compared(base, head), setup_error,
                         MessageMatches(ContainsSubstring("no pattern in common")));
}

TEST_CASE("nothing to compare, or more than any session makes, is refused in a line", "[comparison]") {
    CHECK_THROWS_MATCHES(compared(session(8), session(0)), setup_error,
                         MessageMatches(StartsWith("head has no runs")));
    CHECK_THROWS_MATCHES(compared(session(0), session(8)), setup_error,
                         MessageMatches(StartsWith("base has no runs")));
    CHECK_THROWS_MATCHES(compared(session(8), session(most_rounds_to_compare + 1)), setup_error,
                         MessageMatches(StartsWith("head has more than 1,000 runs of fan-out")));
}

TEST_CASE("every field that makes two results incomparable is named", "[comparison][mismatch]") {
    struct field {
        const char* name;
        void (*alter)(session_result&);
    };
    const auto f = GENERATE(values<field>({
        {"patterns", [](auto& s) { s.runs.pop_back(); }},
        {"box.host_os", [](auto& s) { s.box.host_os = "another"; }},
        {"box.kernel", [](auto& s) { s.box.kernel = "another"; }},
        {"box.cpu_model", [](auto& s) { s.box.cpu_model = "another"; }},
        {"box.governor", [](auto& s) { s.box.governor = "powersave"; }},
        {"box.virtualization", [](auto& s) { s.box.virtualization = "none seen"; }},
        {"box.cores", [](auto& s) { s.box.cores = 8; }},
        {"box.memory_bytes", [](auto& s) { s.box.memory_bytes = s.box.memory_bytes / 100 * 97; }},
        {"profile", [](auto& s) { s.profile = "capacity"; }},
        {"parameters.permits", [](auto& s) { s.parameters["permits"] = 7; }},
        {"parameters.seed", [](auto& s) { s.parameters.erase("seed"); }},
        {"parameters.later", [](auto& s) { s.parameters["later"] = "new"; }},
        {"build.type", [](auto& s) { s.build.type = "Debug"; }},
        {"build.sanitizers", [](auto& s) { s.build.sanitizers = "thread"; }},
        {"servers.postgres.version", [](auto& s) { s.servers[0].version = "16.1"; }},
        {"servers.postgres.settings", [](auto& s) { s.servers[0].settings = "fsync=on"; }},
        {"servers.postgres.origin", [](auto& s) { s.servers[0].origin = "host=db"; }},
        {"servers.redis", [](auto& s) { s.servers.erase(s.servers.begin() + 1); }},
        {"servers.more",
         [](auto& s) {
             s.servers.push_back({"more", "1", "throwaway", ""});
         }},
    }));
    auto other = session(1);
    f.alter(other);
    const auto found = mismatches(session(1), other);
    CHECK(fields_of(found) == std::vector<std::string>{f.name});
    CHECK(fields_of(mismatches(other, session(1))) == std::vector<std::string>{f.name});
    CHECK_THAT(describe(found.front(), 40), StartsWith(std::string(f.name) + ": ") && ContainsSubstring(" against "));
}

TEST_CASE("the same patterns in another order are no mismatch", "[comparison][mismatch]") {
    auto other = session(1);
    std::reverse(other.runs.begin(), other.runs.end());
    CHECK(mismatches(session(1), other).empty());
}

TEST_CASE("a mock API that only one side names as its target is no mismatch, other settings of it are",
          "[comparison][mismatch]") {
    auto without = session(1), other = session(1);
    std::erase_if(without.servers, [](const auto& s) { return s.name == "mock-api"; });
    REQUIRE(without.servers.size() + 1 == session(1).servers.size());
    CHECK(mismatches(session(1), without).empty());
    CHECK(mismatches(without, session(1)).empty());
    for (auto& s : other.servers)
        if (s.name == "mock-api") s.settings = "http_latency=1ms";
    CHECK(fields_of(mismatches(session(1), other)) == std::vector<std::string>{"servers.mock-api.settings"});
}

TEST_CASE("parameters that are missing as a whole are a mismatch, field by field", "[comparison][mismatch]") {
    auto other = session(1);
    other.parameters = nullptr;
    CHECK(mismatches(session(1), other).size() == session(1).parameters.size());
}

TEST_CASE("load, descriptors, a little memory and the user's address may differ", "[comparison][mismatch]") {
    auto base = session(1), head = session(1);
    head.box.load_1min = 7;
    head.box.descriptor_limit = 1024;
    head.box.memory_bytes = head.box.memory_bytes / 100 * 99;
    base.servers[0].origin = "host=one";
    head.servers[0].origin = "host=two";
    CHECK(mismatches(base, head).empty());
}

TEST_CASE("versions of pipebench, its mock API and the compiler may differ, and are shown",
          "[comparison][mismatch]") {
    auto head = session(8);
    head.build.version = head.servers[2].version = "0.2.0";
    head.build.compiler = "clang 19";
    const auto c = compared(session(8), head);
    CHECK(c.mismatches.empty());
    CHECK(fields_of(c.versions) == std::vector<std::string>{"build.version", "build.compiler"});
    CHECK_THAT(reporting::render_text(c, colours::off), ContainsSubstring("build.version: 0.1.0 against 0.2.0"));
}

TEST_CASE("absurd numbers are no verdict, and no crash", "[comparison]") {
    const double x = GENERATE(1e308, infinity, no_number, 1.7976931348623157e308);
    auto head = session(8);
    for (auto& run : head.runs)
        if (run.pattern == "semaphore") {
            run.time_s = run.round % 2 == 0 ? x : 1e-308;
            run.cpu_per_order_us = run.orders_per_s = run.latency.p50_ms = x;
        }
    auto base = changed(session(8), "semaphore", [](auto& run) { run.time_s = run.latency.p50_ms = 5e-324; });
    for (const auto& c : {compared(base, head), compared(head, base)}) {
        CHECK(row_of(c, "semaphore", "time_s").verdict == change::cannot_tell);
        CHECK(row_of(c, "semaphore", "p50_ms").verdict == change::cannot_tell);
        CHECK_FALSE(reporting::render_text(c, colours::off).empty());
        CHECK_FALSE(reporting::render_markdown(c).empty());
        const auto json = nlohmann::json::parse(reporting::render_json(c));
        CHECK(json["rows"].size() == c.rows.size());
    }
}

TEST_CASE("the text begins with the verdict, and spells out what got worse", "[comparison][report]") {
    auto head = changed(session(8), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.1; });
    head = changed(std::move(head), "thread-pool", [](auto& run) { run.latency.p99_ms /= 2; });
    const auto text = reporting::render_text(compared(session(8), head), {colours::off, 150});
    for (const std::size_t width : {80u, 100u})
        CHECK(test::widest_line(reporting::render_text(compared(session(8), head), {colours::off, width})) <= width);
    CHECK(first_line(text) == "compare: 1 regression, 1 improvement, 38 the same, 0 cannot be told");
    CHECK_THAT(text, ContainsSubstring("  worse: semaphore CPU/order: 162.3 -> 178.5 us, x 1.100; without the box x "
                                       "1.100 (1.0") &&
                         ContainsSubstring("threshold 5 %") && ContainsSubstring("  better: thread-pool p99: "));
    CHECK(text.find("  worse: ") < text.find("  better: "));
    CHECK_THAT(text, ContainsSubstring("\n! semaphore ") && ContainsSubstring("at most 5 % of comparisons") &&
                         ContainsSubstring("Needed: 5 rounds"));
    CHECK_THAT(text, ContainsSubstring("\n38 other figures did not change. --details shows them.\n"));
    CHECK_THAT(reporting::render_text(compared(session(8), head), {colours::off, 150, true}),
               !ContainsSubstring("--details") && ContainsSubstring("\nfan-out "));
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK_THAT(reporting::render_text(compared(session(8), head), colours::on), StartsWith("\x1b[1;31mcompare: 1"));
}

TEST_CASE("where nothing can be told the first line says so", "[comparison][report]") {
    const auto c = compared(session(1), session(1));
    const auto* said = "nothing can be told: none of 40 comparisons has a verdict";
    CHECK_THAT(first_line(reporting::render_text(c, colours::off)), ContainsSubstring(said));
    CHECK_THAT(reporting::render_text(c, {colours::off, 200}),
               ContainsSubstring("40 cannot be told (") && ContainsSubstring("--details shows them."));
    CHECK_THAT(first_line(reporting::render_markdown(c)), ContainsSubstring(said));
    CHECK_THAT(reporting::render_text(c, colours::off),
               ContainsSubstring("advice: base has 1 round, head has 1; a verdict"));
}

TEST_CASE("mismatches, warnings and advice are in every format", "[comparison][report]") {
    auto head = session(2);
    head.box.cores = 8;
    head.interrupted = true;
    const auto c = compared(session(2), head);
    for (const auto& text : {reporting::render_text(c, colours::off), reporting::render_markdown(c)})
        CHECK_THAT(text, ContainsSubstring("box.cores: 2 against 8") && ContainsSubstring("head: interrupted") &&
                             ContainsSubstring("measure with --repeat 8"));
    const auto json = nlohmann::json::parse(reporting::render_json(c));
    CHECK(json["mismatches"] == nlohmann::json{{{"field", "box.cores"}, {"base", "2"}, {"head", "8"}}});
    CHECK(json["warnings"].size() == 1);
    CHECK(json["advice"].get<std::string>() == c.advice);
}

TEST_CASE("markdown shows what changed, and folds the rest away", "[comparison][report]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) { run.cpu_per_order_us *= 1.1; });
    const auto text = reporting::render_markdown(compared(session(8), head));
    CHECK(first_line(text) == "**pipebench compare: 1 regression, 0 improvements, 39 the same, 0 cannot be told**");
    const auto fold = text.find("<details>");
    CHECK_THAT(text.substr(0, fold), ContainsSubstring("| ! semaphore") && !ContainsSubstring("| fan-out"));
    CHECK_THAT(text.substr(fold), ContainsSubstring("| fan-out") && ContainsSubstring("</details>"));
    CHECK_THAT(reporting::render_markdown(compared(session(8), session(8))),
               ContainsSubstring("No change was found"));
}

TEST_CASE("json has the whole comparison, with null for what is no number", "[comparison][report]") {
    const auto head = changed(session(8), "semaphore", [](auto& run) {
        run.cpu_per_order_us *= 1.1;
        run.failed = 200;
    });
    const auto json = nlohmann::json::parse(reporting::render_json(compared(session(8), head)));
    CHECK(json["schema"] == "pipebench.comparison/2");
    CHECK(json["regressed"] == true);
    CHECK(json["worse"] == 2);
    CHECK(json["base"][0]["box"]["cores"] == 2);
    const auto row_with = [&](std::string_view id) {
        for (const auto& row : json["rows"])
            if (row["pattern"] == "semaphore" && row["metric"] == id) return row;
        return nlohmann::json();
    };
    const auto cpu = row_with("cpu_per_order_us"), errors = row_with("error_percent");
    CHECK(cpu["verdict"] == "worse");
    CHECK(cpu["interval"]["low"].get<double>() > 1.05);
    CHECK(cpu["relative_threshold"] == 0.05);
    CHECK(cpu["base_samples"] == 8);
    CHECK(errors["ratio"].is_null());
    CHECK(errors["interval"].is_null());
    CHECK(errors["p"].get<double>() < 0.01);
}

TEST_CASE("foreign text reaches neither the terminal nor the markup", "[comparison][report]") {
    const auto hostile = test::hostile_session();
    auto head = hostile;
    head.profile = "\x1b[2J<script>|\n";
    head.parameters["k\n|<b>"] = "\xff`x`";
    const auto c = compared(hostile, head);
    for (const auto colour : {colours::off, colours::on}) {
        auto text = reporting::render_text(c, colour);
        CHECK_THAT(text,
                   !ContainsSubstring("\x1b[2J") && !ContainsSubstring("\x1b]0;") && !ContainsSubstring("\x07"));
    }
    CHECK_THAT(reporting::render_markdown(c), !ContainsSubstring("<script>") && !ContainsSubstring("<b>") &&
                                                  !ContainsSubstring("\x1b") && !ContainsSubstring(" `x`"));
    CHECK(nlohmann::json::parse(reporting::render_json(c))["mismatches"].size() == 2);
}
