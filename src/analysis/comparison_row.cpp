#include "analysis/comparison_row.hpp"

#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pipebench {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// From the experiment in docs/why.md.
constexpr double unexplained_share = 0.25;          ///< of the yardstick's spread between runs, not seen by it
constexpr double share_uncertainty = 0.25;          ///< of the box's share in a metric
constexpr double least_session_difference = 0.005;  ///< no two sessions are more alike
constexpr double worth_a_word = 0.01;               ///< movement of the box

// --- values ---

/// Of the counted sessions; of all if none counts.
std::vector<const session_result*> shown(const compared_side& side) {
    std::vector<const session_result*> out;
    for (const auto i : side.counted) out.push_back(&side.sessions[i]);
    if (out.empty())
        for (const auto& s : side.sessions) out.push_back(&s);
    return out;
}

std::vector<double> samples_in(const compared_side& side, const std::string& pattern, const metric& m) {
    std::vector<double> out;
    for (const auto i : side.counted)
        for (const double x : samples_of(side.sessions[i], pattern, m)) out.push_back(x);
    return out;
}

double value_in(const compared_side& side, const std::string& pattern, const metric& m) {
    std::vector<double> values;
    for (const auto* s : shown(side))
        if (const double x = value_of(*s, pattern, m); std::isfinite(x)) values.push_back(x);
    if (values.empty()) return nan;
    return m.rounds == over_rounds::sum ? std::accumulate(values.begin(), values.end(), 0.0) : median(values);
}

/// Per order, over all sessions.
double loss_in(const compared_side& side, const std::string& pattern, const metric& m) {
    double lost = 0, orders = 0;
    for (const auto& s : side.sessions) {
        for (const double x : samples_of(s, pattern, m)) lost += x;
        for (const auto* run : runs_of(s, pattern)) orders += run->interrupted ? 0 : static_cast<double>(run->orders);
    }
    return orders > 0 ? lost / orders : 0;
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

// --- the box ---

/// How much of a metric follows the box, and the error of that.
struct box_share {
    double of = 0, error = 0;
};

/// What is not simulated latency; of an open run, where orders may wait, nobody knows.
box_share share_of_time(const compared_pattern& p) {
    std::vector<double> floors;
    for (const auto* side : {&p.base, &p.head})
        for (const auto i : side->counted)
            for (const auto* run : runs_of(side->sessions[i], p.pattern)) {
                if (run->load) return {0.5, 0.5};
                if (std::isfinite(run->efficiency)) floors.push_back(std::clamp(run->efficiency, 0.0, 1.0));
            }
    const double of = floors.empty() ? 1 : 1 - median(floors);
    return {of, share_uncertainty * of};
}

box_share share_of(const metric& m, const compared_pattern& p) {
    switch (m.moved_by) {
        case box_clock::none: return {};
        case box_clock::cpu: return {1, share_uncertainty};
        case box_clock::elapsed: return share_of_time(p);
    }
    return {};
}

const std::optional<box_movement>& movement_for(const metric& m, const compared_pattern& p) {
    static const std::optional<box_movement> none;
    return m.moved_by == box_clock::none ? none : m.moved_by == box_clock::cpu ? p.all.box_cpu : p.all.box;
}

/// Whether a slower box makes the value larger.
double sign_of(const metric& m) { return m.direction == better::lower ? 1 : -1; }

/// "the box was 14 % slower"; empty if it moved less than that is worth a word.
std::string words_for(const box_movement& box) {
    const double by = std::abs(box.factor - 1);
    if (by < worth_a_word) return {};
    return fmt::format("the box was {:.0f} % {}", 100 * by, box.factor > 1 ? "slower" : "faster");
}

// --- estimates ---

/// If a sample is 0, the pairs give no ratio: uses the medians, and estimates no range.
ratio_estimate estimate_by_ranks(const samples& s, double alpha) {
    if (s.lowest() > 0) return unpaired_ratio(s.base, s.head, alpha);
    const double base = median(s.base);
    return {.ratio = base > 0 ? median(s.head) / base : nan,
            .range = {},
            .p = mann_whitney(s.base, s.head).p,
            .base_samples = s.base.size(),
            .head_samples = s.head.size()};
}

/// Each counted session, without what the box's movement explains.
std::vector<session_estimate> sessions_of(const compared_side& side, const compared_pattern& p, const metric& m,
                                          const box_share& share, const std::vector<double>& moved,
                                          const std::vector<double>& spread) {
    std::vector<session_estimate> out;
    for (const auto i : side.counted) {
        const auto values = samples_of(side.sessions[i], p.pattern, m);
        if (values.empty()) continue;
        auto one = estimate_of_session(values);
        double unexplained = least_session_difference;
        if (share.of > 0) {
            one.log -= sign_of(m) * std::log1p(share.of * std::expm1(moved[i]));
            unexplained = std::max(unexplained, share.of * unexplained_share * spread[i]);
        }
        one.variance += unexplained * unexplained;
        out.push_back(one);
    }
    return out;
}

ratio_estimate estimate_by_sessions(const compared_pattern& p, const metric& m, double alpha) {
    static const box_movement still;
    const auto share = share_of(m, p);
    const auto& movement = movement_for(m, p);
    const auto& box = movement ? *movement : still;
    const auto base = sessions_of(p.base, p, m, share, box.base, box.base_spread);
    const auto head = sessions_of(p.head, p, m, share, box.head, box.head_spread);
    const double of_box = share.of * box.error, of_share = share.error * std::log(box.factor);
    return ratio_of_sessions(base, head, of_box * of_box + of_share * of_share, alpha);
}

bool has_ratios(const samples& s, const metric& m) { return m.kind == metric_kind::measure && s.lowest() > 0; }

bool is_sane(const samples& s, const ratio_estimate& e) {
    const auto is_ratio = [](double x) { return std::isfinite(x) && x > 0; };
    return std::isfinite(median(s.base)) && std::isfinite(median(s.head)) && (is_ratio(e.ratio) || s.lowest() <= 0) &&
           (!e.range || (is_ratio(e.range->low) && is_ratio(e.range->high)));
}

bool is_significant(const ratio_estimate& e, double alpha) {
    return e.p <= alpha && !(e.range && e.range->contains(1));
}

// --- verdicts ---

struct judgement {
    change verdict = change::cannot_tell;
    std::string why;
};

std::string amount(const metric& m, double value) {
    return fmt::format("{:.3g}{}{}", value, m.unit.empty() ? "" : " ", m.unit);
}

/// The rule that makes a ratio, or a difference where there is none, too small; empty if it is large enough.
std::string too_small(const comparison_row& row, double ratio, double shift) {
    if (std::isfinite(ratio) && std::abs(ratio - 1) <= row.relative_threshold)
        return "below " + as_percent(row.relative_threshold);
    if (std::abs(shift) <= row.what->absolute_floor) return "below " + amount(*row.what, row.what->absolute_floor);
    return {};
}

/// Whether a significant change is large enough, also as it was measured.
judgement judge_change(const comparison_row& row, const compared_pattern& p, const samples& s) {
    const double measured = median(s.head) - median(s.base), ratio = row.estimate.ratio;
    const bool by_sessions = has_ratios(s, *row.what);
    const double shift = by_sessions ? median(s.base) * (ratio - 1) : measured;
    if (auto why = too_small(row, ratio, shift); !why.empty()) return {change::same, std::move(why)};
    const bool rising = std::isfinite(ratio) ? ratio > 1 : shift > 0;
    if (by_sessions && ((measured > 0) != rising || !too_small(row, row.measured_ratio(), measured).empty())) {
        const auto& box = movement_for(*row.what, p);
        auto why = box ? words_for(*box) : std::string();
        return {change::cannot_tell, why.empty() ? "not beyond the threshold as measured" : std::move(why)};
    }
    return {rising == (row.what->direction == better::higher) ? change::better : change::worse, ""};
}

/// Why an insignificant difference, which is larger than the threshold, may be the box's.
std::string explained_by_box(const comparison_row& row, const compared_pattern& p) {
    const auto& box = movement_for(*row.what, p);
    const double ratio = row.measured_ratio();
    if (!box || !(std::abs(ratio - 1) > row.relative_threshold)) return {};
    const bool looks_slower = (ratio > 1) == (row.what->direction == better::lower);
    return looks_slower == (box->factor > 1) ? words_for(*box) : std::string();
}

/// Whether an insignificant difference means no change, or too much noise to tell.
judgement judge_no_change(const comparison_row& row, const compared_pattern& p, const samples& s) {
    const double floor = row.what->absolute_floor;
    const auto& range = row.estimate.range;
    if (!range && s.highest() - s.lowest() <= floor) return {change::same, "within " + amount(*row.what, floor)};
    if (!range) return {change::cannot_tell, "differs by more than " + amount(*row.what, floor) + " at times"};
    const double widest = std::max(std::abs(range->low - 1), std::abs(range->high - 1));
    if (widest <= row.relative_threshold) return {change::same, "within " + as_percent(row.relative_threshold)};
    if (widest * median(s.base) <= floor) return {change::same, "within " + amount(*row.what, floor)};
    if (auto why = explained_by_box(row, p); !why.empty()) return {change::cannot_tell, std::move(why)};
    return {change::cannot_tell, "interval wider than " + as_percent(row.relative_threshold)};
}

judgement judge(comparison_row& row, const compared_pattern& p, const samples& s) {
    for (const auto& [side, has] : {std::pair{"base", s.base.size()}, std::pair{"head", s.head.size()}})
        if (has < fewest_samples_to_compare)
            return {change::cannot_tell, fmt::format("{} sample{} in {}, needs {}", has, has == 1 ? "" : "s", side,
                                                     fewest_samples_to_compare)};
    if (s.all_zero()) return {change::same, "0 in both"};
    if (row.what->moved_by != box_clock::none && !movement_for(*row.what, p))
        return {change::cannot_tell, p.all.box_unknown};
    row.estimate =
        has_ratios(s, *row.what) ? estimate_by_sessions(p, *row.what, row.alpha) : estimate_by_ranks(s, row.alpha);
    row.estimate.base_samples = s.base.size();
    row.estimate.head_samples = s.head.size();
    if (!is_sane(s, row.estimate)) return {change::cannot_tell, "numbers beyond all measure"};
    return is_significant(row.estimate, row.alpha) ? judge_change(row, p, s) : judge_no_change(row, p, s);
}

}  // namespace

bool is_new_loss(const compared_pattern& p, const metric& m) {
    return m.kind == metric_kind::loss && loss_in(p.head, p.pattern, m) > loss_in(p.base, p.pattern, m);
}

comparison_row make_row(const compared_pattern& p, const threshold& t, double alpha) {
    const auto& m = *t.of;
    comparison_row row;
    row.pattern = p.pattern;
    row.what = &m;
    row.base = value_in(p.base, p.pattern, m);
    row.head = value_in(p.head, p.pattern, m);
    row.relative_threshold = t.relative;
    row.alpha = alpha;
    const samples s{samples_in(p.base, p.pattern, m), samples_in(p.head, p.pattern, m)};
    row.estimate = {nan, {}, 1, s.base.size(), s.head.size()};
    judgement j;
    if (is_new_loss(p, m)) j = {change::worse, row.base > 0 ? "more than in base" : "base has none"};
    else if (!p.trusted()) j = {change::cannot_tell, "runs not to be trusted"};
    else if (std::isfinite(t.relative)) j = judge(row, p, s);
    row.verdict = j.verdict;
    row.why = std::move(j.why);
    return row;
}

}  // namespace pipebench
