#include "session/worker_roll.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

constexpr double at_the_end = std::numeric_limits<double>::quiet_NaN();
constexpr double oldest_card_s = 1;  ///< at which age it is read, from a worker that lives

bool has_left(const worker_card& card) {
    return card.phase == worker_phase::signed_off || card.phase == worker_phase::gave_up;
}

double seconds_between(worker_roll::clock::time_point from, worker_roll::clock::time_point to) {
    return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

/// What its last card says of the worker.
joined_worker introduced(const worker_card& card) {
    joined_worker out;
    out.instance = card.instance;
    out.host = card.host;
    out.kernel = card.kernel;
    out.version = card.version;
    out.pid = card.pid;
    out.cores = card.cores;
    out.processes = card.processes;
    out.workers = card.workers;
    out.in_flight_limit = card.in_flight_limit;
    out.ended = card.ended;
    out.in_hand = card.in_hand;
    out.retries = card.retries;
    out.refused_retries = card.refused_retries;
    out.cpu_user_s = card.cpu_user_s;
    out.cpu_system_s = card.cpu_system_s;
    out.peak_rss_bytes = card.peak_rss_bytes;
    out.peak_pss_bytes = card.peak_pss_bytes;
    out.loop_lag_p99_ms = card.loop_lag_p99_ms;
    return out;
}

}  // namespace

void worker_roll::take(const worker_card& card, clock::time_point now) {
    auto found = members_.find(card.instance);
    if (found == members_.end()) {
        if (members_.size() >= most_workers) return;
        found = members_.emplace(card.instance, member{}).first;
        found->second.heard = now;
    } else if (card.beat <= found->second.card.beat) {
        return;
    }
    member& m = found->second;
    if (now - m.heard > missing_after) m.gaps.emplace_back(m.heard, now);
    m.heard = now;
    m.card = card;
    const auto wall_clock = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    m.clock_apart_s = std::abs(wall_clock.count() - card.clock_s);
    m.left = has_left(card);
    m.told_gone = false;
    if (!m.took_part && card.run == run_ && run_ > 0) {
        m.took_part = true;
        m.joined = now;
    }
}

void worker_roll::announce(std::uint64_t run) {
    run_ = run;
    std::erase_if(members_, [](const auto& each) { return each.second.left; });
    for (auto& [instance, m] : members_) {
        m.took_part = false;
        m.told = presence::unknown;
        m.gaps.clear();
    }
}

template <class Condition>
std::size_t worker_roll::count_present(clock::time_point now, Condition holds) const {
    return static_cast<std::size_t>(std::ranges::count_if(members_, [&](const auto& each) {
        const member& m = each.second;
        return m.took_part && !m.left && !is_missing(m, now) && holds(m);
    }));
}

std::size_t worker_roll::ready(clock::time_point now) const {
    return count_present(now, [](const member& m) { return m.card.phase == worker_phase::working; });
}

std::size_t worker_roll::present(clock::time_point now) const {
    return count_present(now, [](const member&) { return true; });
}

std::vector<std::string> worker_roll::take_gone(clock::time_point now) {
    std::vector<std::string> out;
    for (auto& [instance, m] : members_)
        if ((m.left || now - m.heard > silent_for) && !std::exchange(m.told_gone, true)) out.push_back(instance);
    return out;
}

worker_roll::presence worker_roll::presence_of(const member& m, clock::time_point now) {
    if (!m.took_part) return presence::unknown;
    if (m.left) return presence::left;
    return is_missing(m, now) ? presence::missing : presence::here;
}

std::vector<worker_change> worker_roll::take_changes(clock::time_point now) {
    using what = worker_change::what;
    std::vector<worker_change> out;
    for (auto& [instance, m] : members_) {
        const auto before = m.told;
        m.told = presence_of(m, now);
        if (m.told == before || m.told == presence::unknown) continue;
        const auto add = [&](what is, clock::time_point at, clock::time_point heard_before = {}) {
            out.push_back({is, instance, m.card.host, m.card.pid, at, heard_before});
        };
        if (before == presence::unknown) add(what::joins, m.joined);
        if (before == presence::missing && m.told == presence::here)
            add(what::returns, m.heard, m.heard_before_missing);
        if (m.told == presence::missing) {
            m.heard_before_missing = m.heard;
            add(what::missing, now, m.heard);
        }
        if (m.told == presence::left)
            add(m.card.phase == worker_phase::gave_up ? what::gives_up : what::signs_off, m.heard);
    }
    return out;
}

std::vector<std::string> worker_roll::names() const {
    std::vector<std::string> out;
    for (const auto& [instance, m] : members_)
        if (m.took_part) out.push_back(fmt::format("{} ({})", m.card.host, instance));
    return out;
}

bool worker_roll::all_drained(clock::time_point now) const {
    return std::ranges::all_of(members_, [&](const auto& each) {
        const member& m = each.second;
        const bool has_drained = m.card.run == run_ && m.card.phase == worker_phase::drained;
        return !m.took_part || m.left || has_drained || is_missing(m, now);
    });
}

std::vector<joined_worker> worker_roll::seen_in(clock::time_point began, clock::time_point ended,
                                                clock::time_point now) const {
    std::vector<joined_worker> out;
    const double run_s = seconds_between(began, ended);
    for (const auto& [instance, m] : members_) {
        if (!m.took_part) continue;
        auto& w = out.emplace_back(introduced(m.card));
        w.clock_apart_s = m.clock_apart_s;
        w.joined_s = seconds_between(began, m.joined);
        w.left_s = at_the_end;
        for (const auto& [from, to] : m.gaps)
            if (to > began && from < ended)
                w.gaps.push_back({seconds_between(began, from), std::min(run_s, seconds_between(began, to))});
        const bool left_early = m.left && m.heard < ended;
        if (left_early) w.how = m.card.phase == worker_phase::gave_up ? worker_end::gave_up : worker_end::signed_off;
        else if (m.heard < ended && is_missing(m, now)) w.how = worker_end::missing;
        if (w.how != worker_end::stayed) w.left_s = std::min(run_s, seconds_between(began, m.heard));
        if (w.how == worker_end::missing) w.gaps.push_back({w.left_s, at_the_end});
    }
    return out;
}

/// A floor follows from it, so it is an upper bound: whoever is not seen for a while may still work, since its processes
/// have connections of their own.
double mean_in_flight_limit(const std::vector<joined_worker>& workers, double run_s) {
    constexpr double unseen_s = std::chrono::duration<double>(worker_roll::missing_after).count();
    double sum = 0;
    for (const auto& w : workers) {
        double to_s = std::isfinite(w.left_s) ? w.left_s : run_s;
        if (w.how == worker_end::missing) to_s += unseen_s;
        const double there_s = std::clamp(to_s, 0.0, run_s) - std::clamp(w.joined_s - oldest_card_s, 0.0, run_s);
        if (run_s > 0) sum += static_cast<double>(w.in_flight_limit) * std::max(0.0, there_s) / run_s;
    }
    return sum;
}

}  // namespace pipebench
