#include "analysis/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace pipebench {
namespace {

constexpr std::array gated_metrics{"cpu_per_order_us", "time_s", "pss_mb", "error_percent"};

/// One value a round of each series; rounds that one of them lacks are left out.
struct paired_samples {
    std::vector<double> base, again, head;
};

const run_result* run_of(const session_result& r, const std::string& pattern, std::uint64_t round) {
    const auto is_it = [&](const run_result& run) {
        return run.pattern == pattern && run.round == round && !run.interrupted;
    };
    const auto at = std::find_if(r.runs.begin(), r.runs.end(), is_it);
    return at == r.runs.end() ? nullptr : &*at;
}

paired_samples samples_of(const gate_series& s, const std::string& pattern, const metric& m) {
    paired_samples out;
    for (const auto* run : runs_of(s.base, pattern)) {
        const auto* again = run_of(s.again, pattern, run->round);
        const auto* head = run_of(s.head, pattern, run->round);
        if (run->interrupted || again == nullptr || head == nullptr) continue;
        const double a = m.of(*run), b = m.of(*again), c = m.of(*head);
        if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c)) continue;
        out.base.push_back(a);
        out.again.push_back(b);
        out.head.push_back(c);
    }
    return out;
}

/// The geometric mean where there is one: ratios to it are the mean of the two log ratios.
std::vector<double> middle_of(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> out;
    for (std::size_t i = 0; i < a.size(); ++i)
        out.push_back(a[i] > 0 && b[i] > 0 ? std::sqrt(a[i] * b[i]) : (a[i] + b[i]) / 2);
    return out;
}

struct judgement {
    change verdict = change::same;
    std::string why;
};

std::string percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

/// Errors are 0 as a rule, and 0 has no ratio: then the sign test and the difference decide.
judgement judge_difference(const gate_row& row, double alpha) {
    const double shift = row.head - row.base;
    if (std::abs(shift) <= row.what->absolute_floor || row.estimate.p > alpha) return {};
    const bool better_now = (shift < 0) == (row.what->direction == better::lower);
    return {better_now ? change::better : change::worse, ""};
}

judgement judge(const gate_row& row, double alpha) {
    const auto& e = row.estimate;
    if (e.base_samples < fewest_gate_rounds)
        return {change::cannot_tell, fmt::format("{} rounds, needs {}", e.base_samples, fewest_gate_rounds)};
    if (!std::isfinite(e.ratio)) return judge_difference(row, alpha);
    if (!e.range) return {change::cannot_tell, fmt::format("needs {} rounds", pairs_needed(alpha))};
    if (e.range->contains(1)) return {change::same, "the interval contains 1"};
    if (std::abs(e.ratio - 1) <= row.relative_threshold)
        return {change::same, "below " + percent(row.relative_threshold)};
    if (std::abs(row.head - row.base) <= row.what->absolute_floor)
        return {change::same, fmt::format("below {} {}", row.what->absolute_floor, row.what->unit)};
    if (std::abs(std::log(e.ratio)) <= std::abs(std::log(row.noise)))
        return {change::same, "within the A/A pair's difference"};
    const bool better_now = (e.ratio < 1) == (row.what->direction == better::lower);
    return {better_now ? change::better : change::worse, ""};
}

gate_row make_row(const gate_series& s, const std::string& pattern, const threshold& t, double alpha) {
    const auto samples = samples_of(s, pattern, *t.of);
    const auto base = middle_of(samples.base, samples.again);
    gate_row row;
    row.pattern = pattern;
    row.what = t.of;
    row.base = median(base);
    row.head = median(samples.head);
    row.estimate = paired_ratio(base, samples.head, alpha);
    const double noise = paired_ratio(samples.base, samples.again, alpha).ratio;
    row.noise = std::isfinite(noise) && noise > 0 ? noise : 1;
    row.relative_threshold = t.relative;
    auto j = judge(row, alpha);
    row.verdict = j.verdict;
    row.why = std::move(j.why);
    return row;
}

}  // namespace

std::vector<threshold> gate_thresholds(const std::vector<threshold>& given) {
    std::vector<threshold> out;
    for (const auto* id : gated_metrics) out.push_back({find_metric(id), find_metric(id)->relative_threshold});
    for (const auto& t : given) {
        const auto at = std::find_if(out.begin(), out.end(), [&](const threshold& o) { return o.of == t.of; });
        if (at == out.end()) out.push_back(t);
        else at->relative = t.relative;
    }
    return out;
}

std::vector<gate_row> judge_series(const gate_series& s, const std::vector<threshold>& thresholds, double alpha) {
    std::vector<gate_row> out;
    for (const auto& pattern : patterns_in(s.base))
        for (const auto& t : thresholds) out.push_back(make_row(s, pattern, t, alpha));
    return out;
}

std::vector<std::string> offenders(const std::vector<gate_row>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows)
        if (row.verdict == change::worse && std::find(out.begin(), out.end(), row.pattern) == out.end())
            out.push_back(row.pattern);
    return out;
}

std::vector<gate_row> gate_verdict::regressions() const {
    std::vector<gate_row> out;
    for (const auto& row : confirmation) {
        const auto was_suspect = [&](const gate_row& r) {
            return r.pattern == row.pattern && r.what == row.what && r.verdict == change::worse;
        };
        if (row.verdict == change::worse && std::any_of(rows.begin(), rows.end(), was_suspect)) out.push_back(row);
    }
    return out;
}

}  // namespace pipebench
