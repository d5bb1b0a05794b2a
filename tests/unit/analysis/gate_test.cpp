// Tests which changes the gate reports. Users switch off a gate with false alarms, and one that misses regressions is
// useless.
#include "analysis/gate.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

using namespace pipebench;

namespace {

constexpr std::uint64_t orders = 1000;

run_result run_like(const std::string& pattern, std::uint64_t round, double cpu_us) {
    run_result r;
    r.pattern = pattern;
    r.round = round;
    r.orders = r.stored = orders;
    r.time_s = 10;
    r.cpu_per_order_us = cpu_us;
    r.memory.peak_pss_bytes = 50'000'000;
    r.verdict.kind = verdict_kind::ok;
    return r;
}

/// Rounds that differ by less than 1 %.
session_result steady(std::uint64_t rounds, double cpu_us) {
    session_result s;
    for (std::uint64_t round = 1; round <= rounds; ++round)
        s.runs.push_back(run_like("semaphore", round, cpu_us * (1 + static_cast<double>(round * 5 % 11) / 2000)));
    return s;
}

gate_series steady_series(double again, double head, std::uint64_t rounds = default_gate_rounds) {
    return {steady(rounds, 100), steady(rounds, 100 * again), steady(rounds, 100 * head)};
}

std::vector<gate_row> judged(const gate_series& s, double alpha = gate_alpha) {
    return judge_series(s, gate_thresholds({}), alpha);
}

gate_row row_of(const std::vector<gate_row>& rows, std::string_view metric_id,
                std::string_view pattern = "semaphore") {
    const auto at = std::find_if(rows.begin(), rows.end(),
                                 [&](const auto& r) { return r.what->id == metric_id && r.pattern == pattern; });
    REQUIRE(at != rows.end());
    return *at;
}

gate_row cpu_row(const gate_series& s) { return row_of(judged(s), "cpu_per_order_us"); }

/// Sets `field` to the same value in every run.
template <class Value>
void set_in_all(session_result& s, Value run_result::*field, Value value) {
    for (auto& run : s.runs) run.*field = value;
}

// Series with noise that is the same on every machine.

const std::vector<std::string> five_patterns{"fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"};

class noise_source {
public:
    explicit noise_source(std::uint64_t seed) : random_(seed) {}
    /// Normal around 1, from twelve uniform numbers, since std::normal_distribution may differ between libraries.
    double operator()(double deviation) {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_() >> 11) * 0x1p-53;
        return std::exp(deviation * sum);
    }

private:
    std::mt19937_64 random_;
};

/// The cost of a run, and the noise that all runs of a round share.
struct series_maker {
    noise_source noise;
    std::vector<std::string> patterns;
    std::string slower;  ///< the pattern that is slower in head
    double factor = 1;

    session_result make(const std::vector<double>& drift, bool is_head) {
        session_result s;
        for (std::uint64_t round = 1; round <= drift.size(); ++round)
            for (const auto& pattern : patterns) {
                const double cost = is_head && pattern == slower ? factor : 1;
                auto run = run_like(pattern, round, 100 * cost * drift[round - 1] * noise(0.04));
                run.time_s = 5 * drift[round - 1] * noise(0.05);
                run.memory.peak_pss_bytes = static_cast<std::uint64_t>(5e7 * noise(0.03));
                s.runs.push_back(run);
            }
        return s;
    }
    gate_series operator()() {
        std::vector<double> drift;  // the machine becomes slower and faster over time
        for (std::uint64_t round = 0; round < default_gate_rounds; ++round) drift.push_back(noise(0.05));
        return {make(drift, false), make(drift, false), make(drift, true)};
    }
};

/// Measures only the suspects again, as the session does.
std::set<std::string> blamed(series_maker maker) {
    gate_verdict v;
    v.rows = judged(maker());
    maker.patterns = suspects(v.rows);
    if (!maker.patterns.empty()) v.confirmation = judged(maker());
    std::set<std::string> out;
    for (const auto& row : v.regressions()) out.insert(row.pattern);
    if (out.empty() && !v.passed()) out.insert("no verdict");
    return out;
}

}  // namespace

TEST_CASE("of 300 gates without a change at most 2 % fail", "[gate]") {
    int failed = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed)
        failed += blamed({noise_source(seed), five_patterns, "", 1}).empty() ? 0 : 1;
    CHECK(failed <= 6);
}

TEST_CASE("of 300 gates with 10 % more CPU in one pattern at least 90 % fail, and blame it alone", "[gate]") {
    int caught = 0;
    for (std::uint64_t seed = 1000; seed < 1300; ++seed) {
        const auto& guilty = five_patterns[seed % five_patterns.size()];
        caught += blamed({noise_source(seed), five_patterns, guilty, 1.1}) == std::set{guilty} ? 1 : 0;
    }
    CHECK(caught >= 270);
}

TEST_CASE("equal series are the same in every metric, and nobody is a suspect", "[gate]") {
    const auto rows = judged(steady_series(1, 1));
    REQUIRE(rows.size() == 4);
    for (const auto& row : rows) {
        CAPTURE(row.what->id, row.why);
        CHECK(row.verdict == change::same);
    }
    CHECK(suspects(rows).empty());
}

TEST_CASE("a head that costs more is worse, one that costs less is better", "[gate]") {
    const auto worse = cpu_row(steady_series(1, 1.1));
    CHECK(worse.verdict == change::worse);
    CHECK(std::abs(worse.estimate.ratio - 1.1) < 0.001);
    CHECK(cpu_row(steady_series(1, 0.9)).verdict == change::better);
}

TEST_CASE("a metric of which more is better is judged the other way round", "[gate]") {
    auto s = steady_series(1, 1);
    set_in_all(s.base, &run_result::orders_per_s, 1000.0);
    set_in_all(s.again, &run_result::orders_per_s, 1000.0);
    set_in_all(s.head, &run_result::orders_per_s, 800.0);
    const auto thresholds = gate_thresholds({{find_metric("throughput"), 0.1}});
    CHECK(row_of(judge_series(s, thresholds, gate_alpha), "throughput").verdict == change::worse);
}

TEST_CASE("what is below the threshold does not fail a build, however sure it is", "[gate]") {
    const auto row = cpu_row(steady_series(1, 1.049));
    CHECK(row.verdict == change::same);
    CHECK(row.why == "below 5 %");
    CHECK(cpu_row(steady_series(1, 1.051)).verdict == change::worse);
}

TEST_CASE("a threshold that is given counts in place of the metric's own", "[gate]") {
    const auto s = steady_series(1, 1.1);
    const auto strict = gate_thresholds({{find_metric("cpu_per_order_us"), 0.2}});
    CHECK(strict.size() == gate_thresholds({}).size());
    CHECK(row_of(judge_series(s, strict, gate_alpha), "cpu_per_order_us").verdict == change::same);
    const auto more = gate_thresholds({{find_metric("p99_ms"), 0.2}});
    CHECK(more.size() == gate_thresholds({}).size() + 1);
}

TEST_CASE("a large share of nearly nothing does not fail a build", "[gate]") {
    auto s = steady_series(1, 1.5);
    for (auto* side : {&s.base, &s.again, &s.head})
        for (auto& run : side->runs) run.cpu_per_order_us /= 100;  // 1 us and 1.5 us
    const auto row = cpu_row(s);
    CHECK(row.verdict == change::same);
    CHECK(row.why == "below 1 us");
}

TEST_CASE("a difference that the old binary has with itself is nobody's fault", "[gate]") {
    const auto row = cpu_row(steady_series(1.2, 1.2));
    CHECK(row.verdict == change::cannot_tell);
    CHECK(row.why == "within the A/A pair's interval");
    CHECK(row.suspicious);
    CHECK(cpu_row(steady_series(1 / 1.2, 1.05)).verdict == change::cannot_tell);  // noise in the other direction
    CHECK(cpu_row(steady_series(1.02, 1.2)).verdict == change::worse);
    const auto faster = cpu_row(steady_series(1.2, 0.95));
    CHECK(faster.verdict == change::same);
    CHECK_FALSE(faster.suspicious);
}

TEST_CASE("a box that differs from itself as much as the suspicion lets no gate pass", "[gate]") {
    const auto noisy = judged(steady_series(1.2, 1.2)), calm = judged(steady_series(1, 1));
    const gate_verdict v{noisy, noisy};
    CHECK(v.regressions().empty());
    REQUIRE(v.unresolved().size() == 1);
    CHECK(v.unresolved().front().what->id == "cpu_per_order_us");
    CHECK_FALSE(v.passed());
    CHECK(gate_verdict{noisy, calm}.passed());
    CHECK(gate_verdict{noisy, judged(steady_series(1, 1.2))}.regressions().size() == 1);
}

TEST_CASE("a ratio that rises and falls is not significant", "[gate]") {
    auto s = steady_series(1, 1.3);
    for (auto& run : s.head.runs)
        if (run.round % 3 == 0) run.cpu_per_order_us *= 0.7;
    const auto row = cpu_row(s);
    CHECK(row.verdict == change::same);
    CHECK(row.why == "the interval contains 1");
}

TEST_CASE("errors are found from 0 upwards, where there is no ratio", "[gate]") {
    auto s = steady_series(1, 1);
    const auto errors = [&] { return row_of(judged(s), "error_percent").verdict; };
    CHECK(errors() == change::same);
    set_in_all(s.head, &run_result::failed, std::uint64_t{1});  // 0.1 %, exactly the floor
    CHECK(errors() == change::same);
    set_in_all(s.head, &run_result::failed, std::uint64_t{2});
    CHECK(errors() == change::worse);
    std::swap(s.head, s.base);
    s.again = s.base;
    CHECK(errors() == change::better);
}

TEST_CASE("a head that fails everything in a few rounds alone is found", "[gate]") {
    auto s = steady_series(1, 1);
    for (std::size_t i = 0; i < 3; ++i) {
        s.head.runs[i].failed = orders;
        s.head.runs[i].verdict = {verdict_kind::invalid_all_failed, "INVALID: every order failed"};
    }
    CHECK(row_of(judged(s), "error_percent").verdict == change::worse);
    CHECK(suspects(judged(s)) == std::vector<std::string>{"semaphore"});
}

TEST_CASE("as many errors on both sides are nobody's regression", "[gate]") {
    auto s = steady_series(1, 1);
    for (auto* side : {&s.base, &s.again, &s.head})
        for (std::size_t i = 0; i < 3; ++i) side->runs[i].failed = 20;
    CHECK(row_of(judged(s), "error_percent").verdict == change::same);
}

TEST_CASE("runs that are not to be trusted are no samples, and are told of", "[gate]") {
    auto s = steady_series(1, 1.2);
    for (std::size_t i = 0; i < 5; ++i)
        s.head.runs[i].verdict = {verdict_kind::invalid_littles_law, "INVALID: Little's law"};
    const auto rows = judged(s);
    CHECK(row_of(rows, "cpu_per_order_us").verdict == change::cannot_tell);
    CHECK(row_of(rows, "cpu_per_order_us").why == "7 rounds to be trusted, needs 8");
    CHECK_FALSE(gate_verdict{rows, {}}.passed());
    CHECK(distrusted(s) == std::vector<std::string>{"head: 5 of 12 runs of semaphore are not to be trusted, and not "
                                                    "counted: INVALID: Little's law"});
}

TEST_CASE("seven rounds say nothing, eight do", "[gate]") {
    const auto few = cpu_row(steady_series(1, 2, 7));
    CHECK(few.verdict == change::cannot_tell);
    CHECK(few.why == "7 rounds to be trusted, needs 8");
    CHECK(cpu_row(steady_series(1, 2, 8)).verdict == change::worse);
}

TEST_CASE("an alpha that eight rounds cannot reach needs more", "[gate]") {
    const auto rows = judged(steady_series(1, 2, 8), gate_alpha / 20);
    CHECK(row_of(rows, "cpu_per_order_us").verdict == change::cannot_tell);
    CHECK(row_of(rows, "cpu_per_order_us").why == "8 rounds to be trusted, needs 9");
}

TEST_CASE("rounds that one of the three lacks, or was interrupted in, are left out", "[gate]") {
    auto s = steady_series(1, 2);
    s.head.runs.erase(s.head.runs.begin() + 2, s.head.runs.begin() + 4);
    s.again.runs[7].interrupted = true;
    CHECK(cpu_row(s).estimate.base_samples == 9);
    CHECK(cpu_row(s).verdict == change::worse);
    s.base.runs.resize(s.base.runs.size() - 2);
    CHECK(cpu_row(s).why == "7 rounds to be trusted, needs 8");
    s.head.runs.clear();
    CHECK(cpu_row(s).why == "0 rounds to be trusted, needs 8");
}

TEST_CASE("rounds are paired by their number, not by their place", "[gate]") {
    auto s = steady_series(1, 1);
    for (auto* side : {&s.base, &s.again, &s.head})
        for (auto& run : side->runs) run.cpu_per_order_us *= static_cast<double>(run.round);
    std::reverse(s.head.runs.begin(), s.head.runs.end());
    CHECK(std::abs(cpu_row(s).estimate.ratio - 1) < 1e-9);
}

TEST_CASE("only a suspicion that is confirmed in the same metric is a regression", "[gate]") {
    const auto suspect = judged(steady_series(1, 1.2)), innocent = judged(steady_series(1, 1));
    CHECK(suspects(suspect) == std::vector<std::string>{"semaphore"});
    CHECK_FALSE(gate_verdict{suspect, {}}.passed());  // not measured again, so unknown
    CHECK(gate_verdict{suspect, innocent}.passed());
    CHECK(gate_verdict{innocent, suspect}.passed());
    auto slower = steady_series(1, 1);
    set_in_all(slower.head, &run_result::time_s, 20.0);
    CHECK(gate_verdict{suspect, judged(slower)}.passed());
    const gate_verdict confirmed{suspect, suspect};
    REQUIRE(confirmed.regressions().size() == 1);
    CHECK(confirmed.regressions().front().what->id == "cpu_per_order_us");
}
