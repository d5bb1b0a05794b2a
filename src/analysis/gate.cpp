#include "analysis/gate.hpp"

#include "contracts/number.hpp"

#include <boost/math/distributions/binomial.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

constexpr std::array gated_metrics{"cpu_per_order_us", "time_s", "pss_mb", "error_percent"};

/// One value per round and series; leaves out rounds that are missing or untrusted in one of them.
struct paired_samples {
    std::vector<double> base, again, head;
};

const run_result* run_of(const session_result& r, const std::string& pattern, std::uint64_t round) {
    const auto is_it = [&](const run_result& run) {
        return run.pattern == pattern && run.round == round && run.verdict.trusted() && !run.interrupted;
    };
    const auto at = std::find_if(r.runs.begin(), r.runs.end(), is_it);
    return at == r.runs.end() ? nullptr : &*at;
}

paired_samples samples_of(const gate_series& s, const std::string& pattern, const metric& m) {
    paired_samples out;
    for (const auto* any : runs_of(s.base, pattern)) {
        const auto* base = run_of(s.base, pattern, any->round);
        const auto* again = run_of(s.again, pattern, any->round);
        const auto* head = run_of(s.head, pattern, any->round);
        if (base == nullptr || again == nullptr || head == nullptr) continue;
        const double a = m.of(*base), b = m.of(*again), c = m.of(*head);
        if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c)) continue;
        out.base.push_back(a);
        out.again.push_back(b);
        out.head.push_back(c);
    }
    return out;
}

/// The geometric mean, so that a log ratio to it is the mean of two log ratios; the arithmetic one if a value is 0.
std::vector<double> middle_of(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> out;
    for (std::size_t i = 0; i < a.size(); ++i)
        out.push_back(a[i] > 0 && b[i] > 0 ? std::sqrt(a[i] * b[i]) : (a[i] + b[i]) / 2);
    return out;
}

/// The largest difference within the A/A pair, as a log ratio.
double noise_bound(const ratio_estimate& noise) {
    if (noise.range) return std::max(std::abs(std::log(noise.range->low)), std::abs(std::log(noise.range->high)));
    return std::isfinite(noise.ratio) ? std::abs(std::log(noise.ratio)) : std::numeric_limits<double>::infinity();
}

void decide(gate_row& row, change verdict, std::string why) {
    row.verdict = verdict;
    row.why = std::move(why);
}

/// Decides the verdict of a large enough change; "cannot tell" if the A/A pair differs as much.
void decide_change(gate_row& row, bool falling) {
    const bool worse = falling == (row.what->direction == better::higher);
    row.suspicious = worse;
    if (std::abs(std::log(row.estimate.ratio)) > noise_bound(row.noise))
        return decide(row, worse ? change::worse : change::better, "");
    decide(row, worse ? change::cannot_tell : change::same, "within the A/A pair's interval");
}

std::string below_floor(const metric& m) { return fmt::format("below {} {}", m.absolute_floor, m.unit); }

void judge(gate_row& row, double alpha) {
    const auto& e = row.estimate;
    const auto needed = std::max<std::size_t>(fewest_gate_rounds, pairs_needed(alpha));
    if (e.base_samples < needed)
        return decide(row, change::cannot_tell,
                      fmt::format("{} rounds to be trusted, needs {}", e.base_samples, needed));
    if (!std::isfinite(e.ratio) || !e.range) return decide(row, change::cannot_tell, "a value is 0");
    if (e.range->contains(1)) return decide(row, change::same, "the interval contains 1");
    if (std::abs(e.ratio - 1) <= row.relative_threshold)
        return decide(row, change::same, "below " + as_percent(row.relative_threshold));
    if (std::abs(row.head - row.base) <= row.what->absolute_floor)
        return decide(row, change::same, below_floor(*row.what));
    decide_change(row, e.ratio < 1);
}

/// Orders of one pattern over all runs, untrusted ones too: failed orders may be why a run is INVALID.
struct order_counts {
    double orders = 0, failed = 0;
    [[nodiscard]] double percent_failed() const { return orders > 0 ? 100 * failed / orders : 0; }
};

order_counts counts_of(const session_result& r, const std::string& pattern) {
    order_counts out;
    for (const auto* run : runs_of(r, pattern)) {
        out.orders += static_cast<double>(run->orders);
        out.failed += static_cast<double>(run->failed);
    }
    return out;
}

/// Two-sided p of head's part in all failures, if the orders of both fail equally often.
double binomial_p(const order_counts& base, const order_counts& head) {
    const double failed = base.failed + head.failed;
    if (failed == 0) return 1;
    const boost::math::binomial_distribution<> expected(failed, head.orders / (base.orders + head.orders));
    const double at_least = head.failed > 0 ? cdf(complement(expected, head.failed - 1)) : 1;
    return std::min(1.0, 2 * std::min(at_least, cdf(expected, head.failed)));
}

gate_row error_row(const gate_series& s, const std::string& pattern, const threshold& t, double alpha) {
    auto base = counts_of(s.base, pattern);
    const auto again = counts_of(s.again, pattern), head = counts_of(s.head, pattern);
    base.orders += again.orders;
    base.failed += again.failed;
    gate_row row;
    row.pattern = pattern;
    row.what = t.of;
    row.base = base.percent_failed();
    row.head = head.percent_failed();
    row.relative_threshold = t.relative;
    row.estimate.ratio = row.base > 0 ? row.head / row.base : std::numeric_limits<double>::quiet_NaN();
    row.noise.ratio = std::numeric_limits<double>::quiet_NaN();
    if (base.orders <= 0 || head.orders <= 0) return row;
    row.estimate.p = binomial_p(base, head);
    const double shift = row.head - row.base;
    if (row.estimate.p > alpha) decide(row, change::same, "");
    else if (std::abs(shift) <= t.of->absolute_floor) decide(row, change::same, below_floor(*t.of));
    else if (std::abs(shift) <= t.relative * row.base)
        decide(row, change::same, "below " + as_percent(row.relative_threshold));
    else decide(row, shift > 0 ? change::worse : change::better, "");
    row.suspicious = row.verdict == change::worse;
    return row;
}

gate_row make_row(const gate_series& s, const std::string& pattern, const threshold& t, double alpha) {
    if (t.of->kind == metric_kind::share_of_orders) return error_row(s, pattern, t, alpha);
    const auto samples = samples_of(s, pattern, *t.of);
    const auto base = middle_of(samples.base, samples.again);
    gate_row row;
    row.pattern = pattern;
    row.what = t.of;
    row.base = median(base);
    row.head = median(samples.head);
    row.estimate = paired_ratio(base, samples.head, alpha);
    row.noise = paired_ratio(samples.base, samples.again, alpha);
    row.relative_threshold = t.relative;
    judge(row, alpha);
    return row;
}

void add_distrusted(std::vector<std::string>& out, const session_result& r, std::string_view side) {
    for (const auto& pattern : patterns_in(r)) {
        const auto runs = runs_of(r, pattern);
        const auto bad = [](const run_result* run) { return !run->verdict.trusted(); };
        const auto first = std::find_if(runs.begin(), runs.end(), bad);
        if (first == runs.end()) continue;
        out.push_back(fmt::format("{}: {} of {} runs of {} are not to be trusted, and not counted: {}", side,
                                  std::count_if(runs.begin(), runs.end(), bad), runs.size(), pattern,
                                  (*first)->verdict.text));
    }
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

std::vector<std::string> suspects(const std::vector<gate_row>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows)
        if (row.suspicious && std::find(out.begin(), out.end(), row.pattern) == out.end()) out.push_back(row.pattern);
    return out;
}

std::vector<std::string> distrusted(const gate_series& s) {
    std::vector<std::string> out;
    add_distrusted(out, s.base, "base");
    add_distrusted(out, s.again, "base, again");
    add_distrusted(out, s.head, "head");
    return out;
}

const gate_row* gate_verdict::second_of(const gate_row& first) const {
    const auto alike = [&](const gate_row& r) { return r.pattern == first.pattern && r.what == first.what; };
    const auto at = std::find_if(confirmation.begin(), confirmation.end(), alike);
    return at == confirmation.end() ? nullptr : &*at;
}

bool gate_verdict::is_regression(const gate_row& first) const {
    const auto* second = second_of(first);
    return first.suspicious && second != nullptr && second->verdict == change::worse;
}

std::vector<gate_row> gate_verdict::regressions() const {
    std::vector<gate_row> out;
    for (const auto& row : rows)
        if (is_regression(row)) out.push_back(*second_of(row));
    return out;
}

std::vector<gate_row> gate_verdict::unresolved() const {
    std::vector<gate_row> out;
    for (const auto& row : rows) {
        const auto* last = row.suspicious ? second_of(row) : &row;
        if (last == nullptr) out.push_back(row);
        else if (last->verdict == change::cannot_tell) out.push_back(*last);
    }
    return out;
}

}  // namespace pipebench
