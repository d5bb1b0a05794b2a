#include "measure/run_watch.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench {

using clock = std::chrono::steady_clock;

void line_pipe::drain() {
    constexpr std::size_t at_once = 16 * 1024;
    bool more = true;
    while (more) {
        std::string part;
        more = pipe_.drain_into(part, at_once);
        for (const char c : part) add(c);
    }
}

void line_pipe::finish() {
    drain();
    if (!line_.empty()) add('\n');
}

void line_pipe::add(char c) {
    if (c != '\n') {
        if (line_.size() < max_line_bytes) line_ += c;
        return;
    }
    handle_line_(line_);
    line_.clear();
}

void note_book::add(std::string_view line) {
    if (notes_.size() < max_notes) notes_.push_back(printable(line));
    else ++left_out_;
}

std::vector<std::string> note_book::take() {
    if (left_out_ > 0) notes_.push_back(fmt::format("... and {} lines more", left_out_));
    return std::move(notes_);
}

void service_watch::begin() {
    const pid_t pid = service_.pid();
    const bool anew = pid_ != 0 && pid != pid_;
    if (pid_ == 0) size_before_ = tree_size(pid);
    pid_ = pid;
    cpu_before_ = anew ? 0 : tree_cpu_seconds(pid);
    sampler_.emplace(pid);
    began_ = clock::now();
    next_ = began_ + std::chrono::milliseconds(300);
}

void service_watch::add_usage() {
    const double used = tree_cpu_seconds(pid_) - cpu_before_;  // NaN if it has died
    cpu_s_ += used < 0 ? 0 : used;
    const auto seen = sampler_->usage().peak_pss_bytes;
    if (seen) peak_pss_ = std::max(peak_pss_.value_or(0), *seen);
}

void service_watch::sample_when_due() {
    if (clock::now() < next_) return;
    sampler_->sample();
    next_ = clock::now() + std::max<clock::duration>(std::chrono::milliseconds(500), 9 * (clock::now() - began_));
}

// The CPU time of a backend is exact only after the postmaster has reaped it, so backends get a moment to end.
service_usage service_watch::finish(const patience& until) {
    constexpr std::chrono::seconds moment{1};
    constexpr std::chrono::milliseconds interval{10};
    const auto deadline = clock::now() + moment;
    while (tree_size(pid_) > size_before_ && clock::now() < deadline)
        if (until.wait(-1, 0, clock::now() + interval) == wait_end::interrupted) break;
    add_usage();
    return {service_.name, cpu_s_, peak_pss_};
}

bool incident_watch::is_due(const incident& what) const {
    if (record_.elapsed().count() == 0 || record_.clock_stopped()) return false;
    const auto ended = record_.read().ended();  // at least one: before it, there may be no workers yet
    return ended > 0 && static_cast<double>(ended) >= what.at * static_cast<double>(record_.orders());
}

service_glance service_watch::glance() {
    sampler_->sample();
    service_glance out{.name = service_.name, .cpu_s = cpu_s_ + std::max(tree_cpu_seconds(pid_) - cpu_before_, 0.0)};
    if (const auto rss = sampler_->rss_now(); rss > 0) out.rss_bytes = rss;
    out.pss_bytes = sampler_->pss_now();
    return out;
}

void incident_watch::strike_when_due(pid_t run) {
    for (std::size_t i = 0; i < waiting_.size();) {
        if (!is_due(waiting_[i])) {
            ++i;
            continue;
        }
        strike(waiting_[i], run);
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

namespace {

/// An incident that fails hits nothing, and the run goes on.
strike strike_of(const incident& what, pid_t run) try { return what.strike(run); } catch (const setup_error& e) {
    return {.text = fmt::format("could not kill {}: {}", name_of(what.target), e.what()), .hit = false};
}

event event_of(const incident& what, const strike& done, std::chrono::nanoseconds at, std::uint64_t ended,
               std::uint64_t orders) {
    event out{.kind = event_kind::kill,
              .at_s = event_seconds(at),
              .fields = {{"target", name_of(done.killed_run ? kill_target::run : what.target)},
                         {"text", printable(done.text)},
                         {"hit", done.hit},
                         {"ended", ended},
                         {"orders", orders}}};
    if (done.process > 0) out.fields["process"] = done.process;
    return out;
}

std::string note_of(const event& kill) {
    const auto& f = kill.fields;
    return fmt::format("{}, after {} of {} orders{}", f["text"].get<std::string>(), f["ended"].get<std::uint64_t>(),
                       f["orders"].get<std::uint64_t>(),
                       f["hit"].get<bool>() ? "" : ": it hit nothing, so nothing was tried");
}

}  // namespace

void incident_watch::strike(const incident& what, pid_t run) {
    const auto at = record_.elapsed();
    if (what.restarts_a_service) begin_outage(what.target, at);
    const auto ended = record_.read().ended();
    const bool is_first = record_.mark_kill();  // before it, so that the recovery is not too short
    const auto done = strike_of(what, run);
    if (is_first && !done.hit) record_.unmark_kill();
    if (done.hit && struck_ == kill_target::none) struck_ = done.killed_run ? kill_target::run : what.target;
    runs_killed_ += done.killed_run ? 1u : 0u;
    kills_.push_back(event_of(what, done, at, ended, record_.orders()));
    tell_(kills_.back());
    if (what.restarts_a_service) end_outage(what.target, at);
}

void incident_watch::begin_outage(kill_target of, std::chrono::nanoseconds at) {
    for (auto& s : services_) s.before_restart();
    tell_({.kind = event_kind::outage_begins, .at_s = event_seconds(at), .fields = {{"service", name_of(of)}}});
}

void incident_watch::end_outage(kill_target of, std::chrono::nanoseconds from) {
    const auto now = record_.elapsed();
    tell_({.kind = event_kind::outage_ends,
           .at_s = event_seconds(now),
           .fields = {{"service", name_of(of)}, {"from_s", event_seconds(from)}, {"to_s", event_seconds(now)}}});
    for (auto& s : services_) s.after_restart();
}

std::vector<std::string> incident_watch::report() const {
    std::vector<std::string> out;
    for (const auto& kill : kills_) out.push_back(note_of(kill));
    for (const auto& one : waiting_)
        out.push_back(fmt::format("the run ended before the kill of {} was due", name_of(one.target)));
    return out;
}

void flight_watch::add(std::chrono::nanoseconds elapsed, std::uint64_t in_flight) {
    const double now_s = std::chrono::duration<double>(elapsed).count();
    if (now_s <= last_s_) return;
    const auto now = static_cast<double>(in_flight);
    area_ += (now_s - last_s_) * (now + last_) / 2;
    last_s_ = now_s;
    last_ = now;
    ++samples_;
}

flight_view flight_watch::seen(std::uint64_t in_flight_after_end) const {
    if (in_flight_after_end > 0 || last_s_ <= 0) return not_known;
    return {samples_, area_ / last_s_};
}

}  // namespace pipebench
