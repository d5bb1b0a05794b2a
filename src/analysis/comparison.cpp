#include "analysis/comparison.hpp"

#include "contracts/error.hpp"
#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

constexpr std::size_t advised_rounds = 8;  // enough for a ranking, too
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Verdicts of the rows

std::string amount(const metric& m, double value) {
    return fmt::format("{:.3g}{}{}", value, m.unit.empty() ? "" : " ", m.unit);
}

struct samples {
    std::vector<double> base, head;

    [[nodiscard]] bool all_zero() const { return highest() == 0 && lowest() == 0; }
    [[nodiscard]] double lowest() const {
        return std::min(*std::min_element(base.begin(), base.end()), *std::min_element(head.begin(), head.end()));
    }
    [[nodiscard]] double highest() const {
        return std::max(*std::max_element(base.begin(), base.end()), *std::max_element(head.begin(), head.end()));
    }
};

struct judgement {
    change verdict = change::cannot_tell;
    std::string why;
};

/// If a sample is 0, the pairs give no ratio: uses the medians, and estimates no range.
ratio_estimate estimate_of(const samples& s, double alpha) {
    if (s.lowest() > 0) return unpaired_ratio(s.base, s.head, alpha);
    const double base = median(s.base);
    ratio_estimate out;
    out.ratio = base > 0 ? median(s.head) / base : nan;
    out.p = mann_whitney(s.base, s.head).p;
    out.base_samples = s.base.size();
    out.head_samples = s.head.size();
    return out;
}

bool is_sane(const samples& s, const ratio_estimate& e) {
    const bool has_ratio = s.lowest() > 0;
    return std::isfinite(median(s.base)) && std::isfinite(median(s.head)) && (std::isfinite(e.ratio) || !has_ratio) &&
           (!e.range || (std::isfinite(e.range->low) && std::isfinite(e.range->high)));
}

bool is_significant(const ratio_estimate& e, double alpha) {
    return e.p <= alpha && !(e.range && e.range->contains(1));
}

/// Whether a significant change is large enough.
judgement judge_change(const comparison_row& row, const samples& s) {
    const double shift = median(s.head) - median(s.base), ratio = row.estimate.ratio;
    const bool rising = std::isfinite(ratio) ? ratio > 1 : shift > 0;
    if (std::isfinite(ratio) && std::abs(ratio - 1) <= row.relative_threshold)
        return {change::same, "below " + as_percent(row.relative_threshold)};
    if ((rising ? shift : -shift) <= row.what->absolute_floor)
        return {change::same, "below " + amount(*row.what, row.what->absolute_floor)};
    return {rising == (row.what->direction == better::higher) ? change::better : change::worse, ""};
}

/// Whether an insignificant difference means no change, or too much noise to tell.
judgement judge_no_change(const comparison_row& row, const samples& s) {
    const double floor = row.what->absolute_floor;
    const auto& range = row.estimate.range;
    if (!range && s.highest() - s.lowest() <= floor) return {change::same, "within " + amount(*row.what, floor)};
    if (!range) return {change::cannot_tell, "differs by more than " + amount(*row.what, floor) + " at times"};
    const double widest = std::max(std::abs(range->low - 1), std::abs(range->high - 1));
    if (widest <= row.relative_threshold) return {change::same, "within " + as_percent(row.relative_threshold)};
    if (widest * median(s.base) <= floor) return {change::same, "within " + amount(*row.what, floor)};
    return {change::cannot_tell, "interval wider than " + as_percent(row.relative_threshold)};
}

judgement judge(comparison_row& row, const samples& s, const comparison& c) {
    for (const auto& [side, has] : {std::pair{"base", s.base.size()}, std::pair{"head", s.head.size()}})
        if (has < c.samples_needed)
            return {change::cannot_tell,
                    fmt::format("{} sample{} in {}, needs {}", has, has == 1 ? "" : "s", side, c.samples_needed)};
    if (s.all_zero()) return {change::same, "0 in both"};
    row.estimate = estimate_of(s, c.alpha_of_row);
    if (!is_sane(s, row.estimate)) return {change::cannot_tell, "numbers beyond all measure"};
    return is_significant(row.estimate, c.alpha_of_row) ? judge_change(row, s) : judge_no_change(row, s);
}

/// Head has more lost, corrupt or unexpected orders than base.
bool is_new_loss(const comparison_row& row) { return row.what->kind == metric_kind::loss && row.head > row.base; }

bool lacks_samples(const comparison_row& row, std::size_t needed) {
    return std::min(row.estimate.base_samples, row.estimate.head_samples) < needed;
}

enum class trust : std::uint8_t { full, none };

/// The results, and the comparison as far as it is filled in.
struct side_by_side {
    const session_result &base, &head;
    comparison& c;
};

/// Leaves the row of a metric without a threshold unjudged, unless orders were lost.
comparison_row make_row(const side_by_side& both, const std::string& pattern, const threshold& t, trust runs) {
    const auto& m = *t.of;
    comparison_row row;
    row.pattern = pattern;
    row.what = &m;
    row.base = value_of(both.base, pattern, m);
    row.head = value_of(both.head, pattern, m);
    row.relative_threshold = t.relative;
    const samples s{samples_of(both.base, pattern, m), samples_of(both.head, pattern, m)};
    row.estimate = {nan, {}, 1, s.base.size(), s.head.size()};
    judgement j;
    if (is_new_loss(row)) j = {change::worse, row.base > 0 ? "more than in base" : "base has none"};
    else if (runs == trust::none) j = {change::cannot_tell, "runs not to be trusted"};
    else if (std::isfinite(t.relative)) j = judge(row, s, both.c);
    row.verdict = j.verdict;
    row.why = std::move(j.why);
    return row;
}

/// Every metric with its threshold; NaN if it is not to be compared.
std::vector<threshold> thresholds_of(const comparison_settings& settings) {
    std::vector<threshold> out;
    for (const auto& m : metrics()) {
        threshold t{&m, m.is_compared() ? m.relative_threshold : nan};
        for (const auto& given : settings.thresholds)
            if (given.of == &m) t.relative = given.relative;
        out.push_back(t);
    }
    return out;
}

// Warnings

using words = std::vector<std::string>;

/// "2 of 8 runs of semaphore in head ..."; empty if all are trusted. Skips interrupted runs, which do not count.
std::string distrust(const session_result& r, const std::string& pattern, std::string_view side) {
    const run_result* first = nullptr;
    std::size_t bad = 0, all = 0;
    for (const auto* run : runs_of(r, pattern)) {
        if (run->interrupted) continue;
        ++all;
        if (run->verdict.trusted()) continue;
        ++bad;
        if (first == nullptr) first = run;
    }
    if (bad == 0) return {};
    return fmt::format("{}: not judged: {} of {} runs in {} are not to be trusted (round {}: {})", pattern, bad, all,
                       side, first->round, first->verdict.text);
}

void warn_of_interruption(words& out, const session_result& r, std::string_view side) {
    const auto cut = std::count_if(r.runs.begin(), r.runs.end(), [](const auto& run) { return run.interrupted; });
    if (cut > 0)
        out.push_back(fmt::format("{}: interrupted; {} run{} cut short and not counted", side, cut,
                                  cut == 1 ? " was" : "s were"));
    else if (r.interrupted) out.push_back(fmt::format("{}: interrupted; not all runs were made", side));
}

bool has(const words& all, const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// The patterns of both, in the order of base; adds a warning for each of the others.
words common_patterns(const words& base, const words& head, words& warnings) {
    words common;
    for (const auto& p : base)
        if (has(head, p)) common.push_back(p);
        else warnings.push_back(p + ": in base alone, not compared");
    for (const auto& p : head)
        if (!has(base, p)) warnings.push_back(p + ": in head alone, not compared");
    return common;
}

std::size_t fewest_rounds(const session_result& r, const words& patterns) {
    std::size_t fewest = most_rounds_to_compare;
    for (const auto& p : patterns) {
        const auto runs = runs_of(r, p);
        const auto whole = std::count_if(runs.begin(), runs.end(), [](const auto* run) { return !run->interrupted; });
        fewest = std::min(fewest, static_cast<std::size_t>(whole));
    }
    return fewest;
}

std::string advice_for(const side_by_side& both, const words& patterns) {
    const auto base = fewest_rounds(both.base, patterns), head = fewest_rounds(both.head, patterns);
    const auto needed = both.c.samples_needed;
    if (base < needed || head < needed)
        return fmt::format("base has {} round{}, head has {}; a verdict needs {}: measure with --repeat {}", base,
                           base == 1 ? "" : "s", head, needed, std::max(advised_rounds, needed));
    const auto is_wide = [](const auto& row) { return row.verdict == change::cannot_tell && row.estimate.range; };
    if (std::none_of(both.c.rows.begin(), both.c.rows.end(), is_wide)) return {};
    return "more rounds (--repeat) or a quieter box narrow the intervals of what cannot be told";
}

void add_rows(const side_by_side& both, const std::string& pattern, const std::vector<threshold>& thresholds) {
    auto runs = trust::full;
    for (auto& warning : {distrust(both.base, pattern, "base"), distrust(both.head, pattern, "head")}) {
        if (warning.empty()) continue;
        both.c.warnings.push_back(warning);
        runs = trust::none;
    }
    if (runs == trust::none) both.c.untrusted.push_back(pattern);
    for (const auto& t : thresholds) {
        auto row = make_row(both, pattern, t, runs);
        if (std::isfinite(t.relative) || is_new_loss(row)) both.c.rows.push_back(std::move(row));
    }
}

/// Throws if there are no runs, or too many of a pattern.
words patterns_of(const session_result& r, std::string_view side) {
    if (r.runs.empty()) throw setup_error(fmt::format("{} has no runs", side));
    auto names = patterns_in(r);
    for (const auto& name : names)
        if (runs_of(r, name).size() > most_rounds_to_compare)
            throw setup_error(fmt::format("{} has more than {} runs of {}", side,
                                          fmt::group_digits(most_rounds_to_compare), printable(name, 60)));
    return names;
}

session_result without_runs(const session_result& r) {
    auto out = r;
    out.runs.clear();
    out.warmup_runs.clear();
    return out;
}

/// Sets alpha, and the share of each of `patterns` patterns.
void share_alpha(comparison& c, double alpha, std::size_t patterns) {
    c.alpha = alpha;
    c.alpha_of_row = alpha / static_cast<double>(patterns);
    c.samples_needed = std::max(fewest_samples_to_compare, samples_needed(c.alpha_of_row));
}

}  // namespace

std::string_view name_of(change c) noexcept {
    static constexpr std::array<std::string_view, 4> names{"same", "better", "worse", "cannot tell"};
    return names[static_cast<std::size_t>(c)];
}

std::size_t comparison::count(change wanted) const {
    const auto is = [&](const comparison_row& row) { return row.verdict == wanted; };
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is));
}

bool comparison::lacks_samples() const {
    return std::all_of(rows.begin(), rows.end(),
                       [&](const auto& row) { return pipebench::lacks_samples(row, samples_needed); });
}

comparison compare(const session_result& base, const session_result& head, const comparison_settings& settings) {
    comparison c;
    const auto patterns = common_patterns(patterns_of(base, "base"), patterns_of(head, "head"), c.warnings);
    if (patterns.empty()) throw setup_error("they have no pattern in common");
    c.base = without_runs(base);
    c.head = without_runs(head);
    c.mismatches = mismatches(base, head);
    c.versions = version_differences(base, head);
    warn_of_interruption(c.warnings, base, "base");
    warn_of_interruption(c.warnings, head, "head");
    share_alpha(c, settings.alpha, patterns.size());
    const side_by_side both{base, head, c};
    const auto thresholds = thresholds_of(settings);
    for (const auto& pattern : patterns) add_rows(both, pattern, thresholds);
    c.advice = advice_for(both, patterns);
    return c;
}

}  // namespace pipebench
