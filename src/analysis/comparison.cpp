#include "analysis/comparison.hpp"

#include "analysis/comparison_row.hpp"
#include "contracts/error.hpp"
#include "contracts/number.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace pipebench {
namespace {

constexpr std::size_t advised_rounds = 8;  // enough for a ranking, too
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view weighted = "cpu_per_order_us";
constexpr double weight = 4;  // of that metric in the shares of alpha; 1 for the others

using sessions = std::span<const session_result>;
using words = std::vector<std::string>;

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

double weight_of(const threshold& t) { return !std::isfinite(t.relative) ? 0 : t.of->id == weighted ? weight : 1; }

// Warnings

struct named_side {
    std::string_view name;
    sessions all;

    /// "head", or "head 2" of several.
    [[nodiscard]] std::string name_of(std::size_t i) const {
        return all.size() > 1 ? fmt::format("{} {}", name, i + 1) : std::string(name);
    }
};

/// "2 of 8 runs in head ..."; empty if all are trusted. Skips interrupted runs, which do not count.
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
    return fmt::format("{} of {} runs in {} are not to be trusted (round {}: {})", bad, all, side, first->round,
                       first->verdict.text);
}

void warn_of_interruption(words& out, const session_result& r, std::string_view side) {
    const auto cut = std::count_if(r.runs.begin(), r.runs.end(), [](const auto& run) { return run.interrupted; });
    if (cut > 0)
        out.push_back(fmt::format("{}: interrupted; {} run{} cut short and not counted", side, cut,
                                  cut == 1 ? " was" : "s were"));
    else if (r.interrupted) out.push_back(fmt::format("{}: interrupted; not all runs were made", side));
}

bool has(const words& all, const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// The patterns of all sessions, in the order of the first; adds a warning for each of the others.
words common_patterns(const std::array<named_side, 2>& sides, words& warnings) {
    words all, common;
    std::vector<words> of_each;
    for (const auto& side : sides)
        for (const auto& s : side.all)
            for (const auto& name : of_each.emplace_back(patterns_in(s)))
                if (!has(all, name)) all.push_back(name);
    for (const auto& name : all) {
        if (std::all_of(of_each.begin(), of_each.end(), [&](const auto& one) { return has(one, name); })) {
            common.push_back(name);
            continue;
        }
        words in;
        auto one = of_each.begin();
        for (const auto& side : sides)
            for (std::size_t i = 0; i < side.all.size(); ++i, ++one)
                if (has(*one, name)) in.push_back(side.name_of(i));
        warnings.push_back(fmt::format("{}: in {} alone, not compared", name, fmt::join(in, ", ")));
    }
    return common;
}

std::size_t whole_runs(const session_result& r, const std::string& pattern) {
    const auto runs = runs_of(r, pattern);
    return static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [](const auto* run) { return !run->interrupted; }));
}

/// Over all sessions, of the pattern that has the fewest.
std::size_t fewest_rounds(sessions all, const words& patterns) {
    std::size_t fewest = most_rounds_to_compare * most_sessions_to_compare;
    for (const auto& p : patterns) {
        std::size_t rounds = 0;
        for (const auto& s : all) rounds += whole_runs(s, p);
        fewest = std::min(fewest, rounds);
    }
    return fewest;
}

std::string advice_for(sessions base_sessions, sessions head_sessions, const comparison& c, const words& patterns) {
    const auto base = fewest_rounds(base_sessions, patterns), head = fewest_rounds(head_sessions, patterns);
    if (base < fewest_samples_to_compare || head < fewest_samples_to_compare)
        return fmt::format("base has {} round{}, head has {}; a verdict needs {}: measure with --repeat {}", base,
                           base == 1 ? "" : "s", head, fewest_samples_to_compare, advised_rounds);
    const auto is_wide = [](const auto& row) { return row.verdict == change::cannot_tell && row.estimate.range; };
    if (std::none_of(c.rows.begin(), c.rows.end(), is_wide)) return {};
    return "'pipebench gate' runs both programs side by side, and tells most; then several sessions a side, taken in "
           "turns (--base FILE... --head FILE...), more rounds (--repeat), or a quieter box";
}

/// Warns of sessions that do not count.
compared_side side_of(const named_side& side, const std::string& pattern, words& warnings) {
    compared_side out{side.all, {}};
    words doubts;
    for (std::size_t i = 0; i < side.all.size(); ++i) {
        auto doubt = distrust(side.all[i], pattern, side.name_of(i));
        if (doubt.empty()) out.counted.push_back(i);
        else doubts.push_back(std::move(doubt));
    }
    for (const auto& doubt : doubts)
        warnings.push_back(
            fmt::format("{}: {}: {}", pattern, out.counted.empty() ? "not judged" : "a session not counted", doubt));
    return out;
}

void add_rows(comparison& c, const compared_pattern& p, const std::vector<threshold>& thresholds,
              std::size_t patterns) {
    if (!p.trusted()) c.untrusted.push_back(p.pattern);
    double weights = 0;
    for (const auto& t : thresholds) weights += weight_of(t);
    for (const auto& t : thresholds) {
        const bool compared = std::isfinite(t.relative);
        if (!compared && !is_new_loss(p, *t.of)) continue;
        c.rows.push_back(make_row(p, t, c.alpha * weight_of(t) / weights / static_cast<double>(patterns)));
    }
}

/// Throws if there are no runs, or too many of a pattern.
void require_fair_size(const named_side& side) {
    if (side.all.size() > most_sessions_to_compare)
        throw setup_error(fmt::format("{} has more than {} sessions", side.name, most_sessions_to_compare));
    for (std::size_t i = 0; i < side.all.size(); ++i) {
        const auto& r = side.all[i];
        if (r.runs.empty()) throw setup_error(fmt::format("{} has no runs", side.name_of(i)));
        for (const auto& name : patterns_in(r))
            if (runs_of(r, name).size() > most_rounds_to_compare)
                throw setup_error(fmt::format("{} has more than {} runs of {}", side.name_of(i),
                                              fmt::group_digits(most_rounds_to_compare), printable(name, 60)));
    }
}

session_result without_runs(const session_result& r) {
    auto out = r;
    out.runs.clear();
    out.warmup_runs.clear();
    return out;
}

bool alike(const difference& a, const difference& b) {
    return a.field == b.field && a.base == b.base && a.head == b.head;
}

/// Of all sessions against the first, each once.
template <class Find>
std::vector<difference> differences(const std::array<named_side, 2>& sides, Find find) {
    std::vector<difference> out;
    const auto& first = sides[0].all.front();
    for (const auto& side : sides)
        for (const auto& s : side.all)
            for (auto& d : find(first, s))
                if (std::none_of(out.begin(), out.end(), [&](const auto& o) { return alike(o, d); }))
                    out.push_back(std::move(d));
    return out;
}

void add_movement(comparison& c, sessions base, sessions head) {
    const auto take = [&](std::optional<box_movement>& into, box_clock clock) {
        auto found = movement_between(base, head, clock);
        if (auto* why = std::get_if<std::string>(&found)) c.box_unknown = std::move(*why);
        else into = std::get<box_movement>(std::move(found));
    };
    take(c.box, box_clock::elapsed);
    take(c.box_cpu, box_clock::cpu);
}

}  // namespace

std::string_view name_of(change c) noexcept {
    static constexpr std::array<std::string_view, 4> names{"same", "better", "worse", "cannot tell"};
    return names[static_cast<std::size_t>(c)];
}

double comparison_row::measured_ratio() const noexcept { return base > 0 ? head / base : nan; }

std::size_t comparison::count(change wanted) const {
    const auto is = [&](const comparison_row& row) { return row.verdict == wanted; };
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is));
}

bool comparison::lacks_samples() const {
    return std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
        return std::min(row.estimate.base_samples, row.estimate.head_samples) < fewest_samples_to_compare;
    });
}

double comparison::smallest_visible_change() const {
    std::vector<double> reaches;
    for (const auto& row : rows)
        if (row.what->id == weighted && row.estimate.range)
            reaches.push_back(std::max(row.estimate.range->high / row.estimate.ratio, 1 + row.relative_threshold));
    return median(reaches);
}

comparison compare(std::span<const session_result> base, std::span<const session_result> head,
                   const comparison_settings& settings) {
    comparison c;
    c.alpha = settings.alpha;
    const std::array sides{named_side{"base", base}, named_side{"head", head}};
    for (const auto& side : sides) require_fair_size(side);
    const auto patterns = common_patterns(sides, c.warnings);
    if (patterns.empty()) throw setup_error("they have no pattern in common");
    for (const auto& s : base) c.base.push_back(without_runs(s));
    for (const auto& s : head) c.head.push_back(without_runs(s));
    c.mismatches = differences(sides, mismatches);
    c.versions = differences(sides, version_differences);
    for (const auto& side : sides)
        for (std::size_t i = 0; i < side.all.size(); ++i)
            warn_of_interruption(c.warnings, side.all[i], side.name_of(i));
    add_movement(c, base, head);
    const auto thresholds = thresholds_of(settings);
    for (const auto& name : patterns) {
        auto of_base = side_of(sides[0], name, c.warnings), of_head = side_of(sides[1], name, c.warnings);
        add_rows(c, {name, std::move(of_base), std::move(of_head), c}, thresholds, patterns.size());
    }
    c.advice = advice_for(base, head, c, patterns);
    return c;
}

}  // namespace pipebench
