#include "analysis/ranking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace pipebench {
namespace {

/// A ranked metric, and its name in a sentence.
enum class load_kind : std::uint8_t { any, closed, open };
struct ranked_metric {
    std::string_view id, name;
    load_kind load = load_kind::any;  ///< of the runs that it ranks
};
constexpr std::array ranked_metrics{
    ranked_metric{"time_s", "time", load_kind::closed}, ranked_metric{"p99_ms", "p99", load_kind::open},
    ranked_metric{"cpu_per_order_us", "CPU per order"}, ranked_metric{"pss_mb", "memory"}};

using values_by_round = std::map<std::uint64_t, double>;

struct contestant {
    std::string pattern;
    values_by_round rounds;
    double value = 0;
};

values_by_round rounds_of(const session_result& r, std::string_view pattern, const metric& m) {
    values_by_round out;
    for (const auto* run : runs_of(r, pattern))
        if (const double x = m.of(*run); run->verdict.trusted() && !run->interrupted && std::isfinite(x))
            out.emplace(run->round, x);
    return out;
}

double median_of(const values_by_round& rounds) {
    std::vector<double> values;
    for (const auto& [round, value] : rounds) values.push_back(value);
    return median(values);
}

/// Best first; equal ones in the order of the command line.
std::vector<contestant> contestants(const session_result& r, const metric& m) {
    std::vector<contestant> out;
    for (auto& pattern : patterns_in(r))
        if (auto rounds = rounds_of(r, pattern, m); !rounds.empty()) {
            const double value = median_of(rounds);
            out.push_back({std::move(pattern), std::move(rounds), value});
        }
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
        return m.direction == better::lower ? a.value < b.value : a.value > b.value;
    });
    return out;
}

ratio_estimate compare(const contestant& first, const contestant& other, double alpha) {
    std::vector<double> base, head;
    for (const auto& [round, value] : first.rounds)
        if (const auto at = other.rounds.find(round); at != other.rounds.end()) {
            base.push_back(value);
            head.push_back(at->second);
        }
    return paired_ratio(base, head, alpha);
}

bool is_worse(const std::optional<interval>& range, better direction) {
    return range && (direction == better::lower ? range->low > 1 : range->high < 1);
}

/// Advises --repeat if too few rounds were requested; otherwise names the patterns that lack trusted ones.
std::string too_few(const ranked_pattern& first, const ranked_pattern& other, std::uint64_t asked,
                    std::size_t needed) {
    const auto rounds = other.behind.head_samples;
    const auto whose =
        rounds == asked ? "" : fmt::format(" of {} and {} to be trusted", first.pattern, other.pattern);
    const auto hint = asked >= needed ? "" : fmt::format(" (--repeat {})", needed);
    return fmt::format("{} round{}{}; a verdict needs {}{}", rounds, rounds == 1 ? "" : "s", whose, needed, hint);
}

/// `order` has at least two patterns.
std::string why_no_verdict(const std::vector<ranked_pattern>& order, std::uint64_t asked, std::size_t needed) {
    const auto fewest = std::min_element(order.begin() + 1, order.end(), [](const auto& a, const auto& b) {
        return a.behind.head_samples < b.behind.head_samples;
    });
    if (fewest->behind.head_samples < needed) return too_few(order.front(), *fewest, asked, needed);
    for (const auto& p : order)
        if (std::isnan(p.behind.ratio))
            return fmt::format("no ratio of {} to {}: there are values of 0", p.pattern, order.front().pattern);
    return "";
}

ranked_pattern the_first(const contestant& c) {
    ranked_pattern out{c.pattern, c.value, {}, false};
    out.behind.ratio = 1;
    out.behind.base_samples = out.behind.head_samples = c.rounds.size();
    return out;
}

bool has_trusted_run(const session_result& r) {
    return std::any_of(r.runs.begin(), r.runs.end(),
                       [](const auto& run) { return run.verdict.trusted() && !run.interrupted; });
}

ranking rank_on(const session_result& r, const metric& m) {
    ranking out{&m, {}, ""};
    const auto all = contestants(r, m);
    if (!all.empty()) out.order.push_back(the_first(all.front()));
    if (all.size() < 2) {
        out.no_verdict = !all.empty()         ? "one pattern: nothing to rank"
                         : has_trusted_run(r) ? "no run has a value"
                                              : "no run to be trusted";
        return out;
    }
    const double alpha = ranking_alpha / static_cast<double>(all.size() - 1);
    for (std::size_t i = 1; i < all.size(); ++i) {
        const auto behind = compare(all.front(), all[i], alpha);
        out.order.push_back({all[i].pattern, all[i].value, behind, is_worse(behind.range, m.direction)});
    }
    const auto needed = std::max<std::size_t>(fewest_rounds_for_a_verdict, pairs_needed(alpha));
    out.no_verdict = why_no_verdict(out.order, r.rounds, needed);
    return out;
}

std::string_view name_of(const metric& m) {
    const auto at = std::find_if(ranked_metrics.begin(), ranked_metrics.end(), [&](auto& x) { return x.id == m.id; });
    return at == ranked_metrics.end() ? m.title : at->name;
}

/// Two decimals, or up to four if a bound is so close to 1 that it needs them.
int digits_for(const interval& i) {
    const double nearest = std::min(std::abs(i.low - 1), std::abs(i.high - 1));
    return nearest > 0 ? static_cast<int>(std::clamp(std::ceil(-std::log10(nearest)), 2.0, 4.0)) : 2;
}

std::string text_of(const interval& i) { return fmt::format("{0:.{2}f} to {1:.{2}f}", i.low, i.high, digits_for(i)); }

/// "a", "a and b", "a, b and c".
std::string list(const std::vector<std::string>& names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i)
        out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return out;
}

/// By which factor the first is better; inverts the ratio if higher is better.
std::string victory(const ranking& r) {
    const auto& second = r.order[1];
    double ratio = second.behind.ratio;
    interval range = *second.behind.range;
    if (r.what->direction == better::higher) {
        ratio = 1 / ratio;
        range = {1 / range.high, 1 / range.low, range.confidence};
    }
    return fmt::format("{} wins, {:.{}f} x before {} ({}), {} rounds", r.order[0].pattern, ratio, digits_for(range),
                       second.pattern, text_of(range), second.behind.head_samples);
}

/// Shows one range that covers those of all patterns not separated from the first.
std::string draw(const ranking& r) {
    std::vector<std::string> level{r.order[0].pattern}, behind;
    std::optional<interval> hull;
    for (std::size_t i = 1; i < r.order.size(); ++i) {
        const auto& p = r.order[i];
        (p.separated ? behind : level).push_back(p.pattern);
        if (p.separated) continue;
        const interval range = *p.behind.range;
        hull = hull ? interval{std::min(hull->low, range.low), std::max(hull->high, range.high), range.confidence}
                    : range;
    }
    const auto rest =
        behind.empty() ? "" : fmt::format("; {} {} behind", list(behind), behind.size() > 1 ? "are" : "is");
    return fmt::format("{} are not separated ({}){}", list(level), text_of(*hull), rest);
}

}  // namespace

bool ranking::has_winner() const {
    return no_verdict.empty() && order.size() > 1 &&
           std::all_of(order.begin() + 1, order.end(), [](const auto& p) { return p.separated; });
}

std::vector<ranking> rank(const session_result& r) {
    std::vector<ranking> out;
    const bool open =
        std::any_of(r.runs.begin(), r.runs.end(), [](const run_result& run) { return run.load.has_value(); });
    for (const auto& m : ranked_metrics)
        if (m.load != (open ? load_kind::closed : load_kind::open)) out.push_back(rank_on(r, *find_metric(m.id)));
    return out;
}

std::string describe(const ranking& r) {
    const auto said = !r.no_verdict.empty() ? "no verdict, " + r.no_verdict : r.has_winner() ? victory(r) : draw(r);
    return fmt::format("{}: {}", name_of(*r.what), said);
}

}  // namespace pipebench
