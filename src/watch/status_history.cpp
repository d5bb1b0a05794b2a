#include "watch/status_history.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pipebench {
namespace {

run_moment moment_of(const shown_run& run) {
    const auto& latency = latency_of(run);
    run_moment out{.elapsed_s = run.elapsed_s,
                   .ended = run.orders.ended(),
                   .in_flight = in_flight_of(run),
                   .queued = run.orders.queued,
                   .p50_ms = latency.p50_ms,
                   .p99_ms = latency.p99_ms};
    out.cpu_s.push_back(run.usage.cpu_s);
    for (const auto& s : run.services) out.cpu_s.push_back(s.cpu_s);
    return out;
}

double rate_between(const run_moment& from, const run_moment& to) {
    const double time = to.elapsed_s - from.elapsed_s;
    return time > 0 ? std::max(to.ended - from.ended, 0.0) / time : unknown_number;
}

bool in_same_second(const run_moment& a, const run_moment& b) {
    return std::floor(a.elapsed_s) == std::floor(b.elapsed_s);
}

}  // namespace

// Of std::max(a, b) and std::min(a, b), a NaN in the first place stays.

void status_history::take(status_document next) {
    const auto before = std::exchange(last_, std::move(next));
    const auto& run = last_->run;
    const bool goes_on = before && before->run && run && run->place.is(before->run->place);
    if (!goes_on || !(run->elapsed_s >= before->run->elapsed_s)) moments_.clear();
    if (!run || !(run->elapsed_s > 0)) return;
    if (last_->phase != "running" && !moments_.empty()) return;  // its clock has stopped
    auto now = moment_of(*run);
    if (!moments_.empty() && in_same_second(moments_.back(), now)) moments_.pop_back();
    now.rate = rate_between(moments_.empty() ? run_moment{.elapsed_s = 0, .ended = 0} : moments_.back(), now);
    if (moments_.size() == most_moments) moments_.pop_front();
    moments_.push_back(std::move(now));
}

std::vector<double> status_history::series(double run_moment::*of, std::size_t count) const {
    std::vector<double> out(count, unknown_number);
    if (moments_.empty()) return out;
    const double last = std::floor(moments_.back().elapsed_s);
    for (const auto& m : moments_) {
        const double ago = last - std::floor(m.elapsed_s);
        if (ago < static_cast<double>(count)) out[count - 1 - static_cast<std::size_t>(ago)] = m.*of;
    }
    return out;
}

double status_history::cores_busy(std::size_t which) const {
    if (moments_.size() < 2) return unknown_number;
    const auto& now = moments_.back();
    const auto from = std::ranges::find_if(
        moments_, [&](const run_moment& m) { return now.elapsed_s - m.elapsed_s <= cpu_span_s + 1; });
    if (which >= now.cpu_s.size() || from->cpu_s.size() != now.cpu_s.size()) return unknown_number;
    const double time = now.elapsed_s - from->elapsed_s;
    return time > 0 ? std::max(now.cpu_s[which] - from->cpu_s[which], 0.0) / time : unknown_number;
}

double in_flight_of(const shown_run& run) noexcept {
    if (run.workers.empty()) return run.orders.in_flight;
    double out = 0;  // the record of a run knows of no begin elsewhere
    for (const auto& w : run.workers)
        if (w.state == "present") out += w.in_hand;
    return out;
}

const shown_percentiles& latency_of(const shown_run& run) noexcept {
    return std::isnan(run.response.p50_ms) ? run.service : run.response;
}

double mean_rate(const shown_run& run) noexcept {
    return run.elapsed_s > 0 ? run.orders.ended() / run.elapsed_s : unknown_number;
}

double share_done(const shown_run& run) noexcept {
    return run.place.orders > 0 ? std::min(run.orders.ended() / run.place.orders, 1.0) : unknown_number;
}

double seconds_left(const shown_run& run) noexcept {
    const double rate = mean_rate(run), left = run.place.orders - run.orders.ended();
    if (rate > 0) return std::max(left / rate, 0.0);
    return std::max(run.place.floor_s - (std::isnan(run.elapsed_s) ? 0 : run.elapsed_s), 0.0);
}

}  // namespace pipebench
