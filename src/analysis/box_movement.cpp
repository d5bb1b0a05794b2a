#include "analysis/box_movement.hpp"

#include "analysis/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace pipebench {
namespace {

using log_of_piece = std::map<std::string, double>;

/// The finite times above 0.
log_of_piece logs_of(const yardstick_view& y, box_clock clock) {
    log_of_piece out;
    for (const auto& p : y.pieces)
        if (const double us = clock == box_clock::cpu ? p.cpu_us : p.elapsed_us; std::isfinite(us) && us > 0)
            out[p.name] = std::log(us);
    return out;
}

/// One session.
struct box_log {
    std::set<std::uint64_t> versions;
    std::vector<log_of_piece> runs;

    [[nodiscard]] std::vector<double> of(const std::string& piece) const {
        std::vector<double> out;
        for (const auto& run : runs)
            if (const auto at = run.find(piece); at != run.end()) out.push_back(at->second);
        return out;
    }
};

box_log read(const session_result& s, box_clock clock) {
    box_log out;
    for (const auto& run : s.runs)
        if (run.yardstick && !run.interrupted) {
            out.versions.insert(run.yardstick->version);
            out.runs.push_back(logs_of(*run.yardstick, clock));
        }
    return out;
}

/// Between runs that have all pieces.
double spread_of(const box_log& s, const std::vector<std::string>& pieces) {
    std::vector<double> means;
    for (const auto& run : s.runs) {
        std::vector<double> all;
        for (const auto& name : pieces)
            if (const auto at = run.find(name); at != run.end()) all.push_back(at->second);
        if (all.size() == pieces.size()) means.push_back(mean(all));
    }
    return means.empty() ? 0 : scaled_mad(means);
}

struct two_sides {
    std::vector<box_log> base, head;
};

std::optional<std::string> why_unknown(const two_sides& s) {
    std::set<std::uint64_t> versions;
    for (const auto& [name, sessions] : {std::pair("base", &s.base), {"head", &s.head}})
        for (const auto& one : *sessions) {
            if (one.runs.empty()) return fmt::format("no yardstick in {}", name);
            versions.insert(one.versions.begin(), one.versions.end());
        }
    if (versions.size() > 1) return "yardsticks of different versions";
    return std::nullopt;
}

/// In the order of the alphabet.
std::vector<std::string> common_pieces(const two_sides& s) {
    std::vector<std::string> out;
    for (const auto& [name, first] : s.base.front().runs.front()) {
        const auto has_it = [&, &piece = name](const box_log& one) { return !one.of(piece).empty(); };
        if (std::all_of(s.base.begin(), s.base.end(), has_it) && std::all_of(s.head.begin(), s.head.end(), has_it))
            out.push_back(name);
    }
    return out;
}

/// Of each session: the mean over the pieces, and what it is made of.
struct worths {
    std::vector<double> means;
    std::vector<double> by_piece;  ///< the mean over the sessions
};

worths worths_of(const std::vector<box_log>& sessions, const std::vector<std::string>& pieces) {
    worths out{{}, std::vector<double>(pieces.size())};
    for (const auto& one : sessions) {
        std::vector<double> logs;
        for (const auto& name : pieces) logs.push_back(pseudo_median(one.of(name)));
        out.means.push_back(mean(logs));
        for (std::size_t i = 0; i < logs.size(); ++i)
            out.by_piece[i] += logs[i] / static_cast<double>(sessions.size());
    }
    return out;
}

box_movement measured(const two_sides& s, const std::vector<std::string>& pieces) {
    box_movement out;
    auto base = worths_of(s.base, pieces), head = worths_of(s.head, pieces);
    std::vector<double> moves;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        moves.push_back(head.by_piece[i] - base.by_piece[i]);
        out.pieces.push_back({pieces[i], std::exp(moves.back())});
    }
    out.factor = std::exp(mean(moves));
    out.error = standard_error(moves);
    const double middle = (mean(base.means) + mean(head.means)) / 2;
    for (auto* side : {&base, &head})
        for (auto& x : side->means) x -= middle;
    out.base = std::move(base.means);
    out.head = std::move(head.means);
    for (const auto& one : s.base) out.base_spread.push_back(spread_of(one, pieces));
    for (const auto& one : s.head) out.head_spread.push_back(spread_of(one, pieces));
    return out;
}

/// Of the first half of the runs, and of the second.
struct halves {
    double first = 0, second = 0;
};

/// NaN in a half without values.
template <class Value>
halves medians_of(const session_result& s, Value value) {
    std::vector<double> first, second;
    for (std::size_t i = 0; i < s.runs.size(); ++i)
        if (const double x = value(s.runs[i]); std::isfinite(x))
            (2 * i < s.runs.size() ? first : second).push_back(x);
    return {median(first), median(second)};
}

double loop_of(const run_result& run) {
    if (run.yardstick)
        for (const auto& p : run.yardstick->pieces)
            if (p.name == "loop") return p.cpu_us;
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::variant<box_movement, std::string> movement_between(std::span<const session_result> base,
                                                         std::span<const session_result> head, box_clock clock) {
    two_sides s;
    for (const auto& one : base) s.base.push_back(read(one, clock));
    for (const auto& one : head) s.head.push_back(read(one, clock));
    if (auto why = why_unknown(s)) return *std::move(why);
    const auto pieces = common_pieces(s);
    if (pieces.size() < fewest_yardstick_pieces)
        return fmt::format("the yardsticks have {} in common, needs {}",
                           pieces.size() == 1 ? "1 piece" : fmt::format("{} pieces", pieces.size()),
                           fewest_yardstick_pieces);
    return measured(s, pieces);
}

std::optional<box_level> level_of(const session_result& s) {
    const auto seen = read(s, box_clock::elapsed);
    if (seen.runs.empty()) return std::nullopt;
    box_level out;
    std::vector<std::string> names;
    for (const auto& [name, first] : seen.runs.front()) {
        names.push_back(name);
        out.pieces.push_back({name, std::exp(pseudo_median(seen.of(name)))});
    }
    out.spread = spread_of(seen, names);
    return out;
}

std::vector<std::string> changes_within(const session_result& s) {
    std::vector<std::string> out;
    const auto loop = medians_of(s, loop_of);
    if (std::abs(std::log(loop.second / loop.first)) > std::log1p(speed_change_worth_a_warning))
        out.push_back(
            fmt::format("the speed of the cores changed during the session: the yardstick's loop took {:.2f} "
                        "ms in the first half of the runs, {:.2f} ms in the second",
                        loop.first / 1000, loop.second / 1000));
    const auto steal = medians_of(s, [](const run_result& run) { return run.steal_share; });
    if (std::abs(steal.second - steal.first) > steal_change_worth_a_warning)
        out.push_back(
            fmt::format("what the hypervisor takes changed during the session: {:.1f} % of the box's time in "
                        "the first half of the runs, {:.1f} % in the second",
                        100 * steal.first, 100 * steal.second));
    return out;
}

}  // namespace pipebench
