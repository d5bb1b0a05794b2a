#include "metrics/live_session.hpp"

#include "measure/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pipebench {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

void add(latency_counts& sum, const latency_counts& more) {
    if (more.bins.empty()) return;
    if (sum.bins.empty()) sum.bins.resize(more.bins.size());
    std::ranges::transform(sum.bins, more.bins, sum.bins.begin(), std::plus<>());
    sum.sum += more.sum;
    sum.max = std::max(sum.max, more.max);
}

/// What was seen last stands where the end is not known.
void take_if_known(double& into, double value) {
    if (std::isfinite(value)) into = value;
}

/// The unknown does not count.
void add(double& sum, double more) {
    if (!std::isnan(more)) sum = std::isnan(sum) ? more : sum + more;
}

/// Calls visit(counter) for each of the counters of a run, or of several in step.
template <class Visit, class... Sums>
void for_each_counter_of(Visit visit, Sums&... of) {
    visit(of.arrived...);
    visit(of.done.begun...);
    visit(of.done.stored...);
    visit(of.done.failed...);
    visit(of.done.repeated...);
    visit(of.done.http_attempts...);
    visit(of.done.store_attempts...);
    visit(of.done.retries...);
    visit(of.done.refused_retries...);
    visit(of.done.throttled...);
    visit(of.runs...);
    visit(of.ledgers...);
    visit(of.lost...);
    visit(of.corrupt...);
    visit(of.unexpected...);
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 0; k < error_kind_count; ++k) visit(of.done.failures[s][k]...);
    for (std::size_t i = 0; i < max_objectives; ++i) visit(of.on_time[i]...);
}

template <class Visit, class... Sums>
void for_each_time_of(Visit visit, Sums&... of) {
    visit(of.cpu_s...);
    visit(of.harness_cpu_s...);
    for (std::size_t i = 0; i < service_count; ++i) visit(of.services_cpu_s[i]...);
}

template <class Visit, class... Sums>
void for_each_distribution_of(Visit visit, Sums&... of) {
    visit(of.service...);
    visit(of.wait...);
    visit(of.response...);
    visit(of.lateness...);
    visit(of.loop_lag...);
    for (std::size_t i = 0; i < timed_stages.size(); ++i) visit(of.stages[i]...);
}

void add(run_sums& sum, const run_sums& more) {
    for_each_counter_of([](std::uint64_t& to, std::uint64_t n) { to += n; }, sum, more);
    for_each_time_of([](double& to, double n) { add(to, n); }, sum, more);
    for_each_distribution_of([](latency_counts& to, const latency_counts& n) { add(to, n); }, sum, more);
    sum.done.queued = more.done.queued;
    sum.orders_seen = sum.orders_seen || more.orders_seen;
}

/// A counter that has been shown does not fall: an order that failed and was stored after a redelivery counts as both.
void raise(run_sums& shown, const run_sums& now) {
    for_each_counter_of([](std::uint64_t& to, std::uint64_t n) { to = std::max(to, n); }, shown, now);
    for_each_time_of([](double& to, double n) { to = std::isnan(to) ? n : std::fmax(to, n); }, shown, now);
    for_each_distribution_of([](latency_counts& to, const latency_counts& n) { to = n; }, shown, now);
    shown.done.queued = now.done.queued;
    shown.orders_seen = now.orders_seen;
}

}  // namespace

std::string_view name_of(live_phase p) noexcept {
    static constexpr std::array<std::string_view, live_phase_count> names{"idle", "starting", "running", "checking"};
    return names[static_cast<std::size_t>(p)];
}

void live_session::take(const live_message& m, std::unique_ptr<recorder> record) {
    if (const auto* session = std::get_if<session_opening>(&m)) session_ = *session;
    else if (const auto* begins = std::get_if<run_opening>(&m)) begin(*begins, std::move(record));
    else if (const auto* ends = std::get_if<run_closing>(&m)) end(*ends);
    else if (run_) run_->seen = std::get<run_glance>(m);
}

void live_session::begin(const run_opening& what, std::unique_ptr<recorder> record) {
    end({});
    if (!first_work_) first_work_ = what.work;
    arrivals_.reset();
    if (what.work.arrive.open() && !what.is_part) arrivals_.emplace(what.work);
    run_.emplace(current_run{what, std::move(record), {}});
}

void live_session::end(const run_closing& how) {
    if (!run_) return;
    auto last = sums_of_run();
    last.runs = 1;
    last.ledgers = how.ledger_checked ? 1 : 0;
    last.lost = how.lost;
    last.corrupt = how.corrupt;
    last.unexpected = how.unexpected;
    take_if_known(last.cpu_s, how.cpu_s);
    take_if_known(last.harness_cpu_s, how.harness_cpu_s);
    for (const auto& s : how.services) take_if_known(last.services_cpu_s[static_cast<std::size_t>(s.name)], s.cpu_s);
    add(before_[key_of(run_->what)], last);
    if (ended_.size() == most_ended) ended_.erase(ended_.begin());
    ended_.push_back({std::move(run_->what), how, run_->record ? std::optional(last.done) : std::nullopt,
                      run_->seen.begins_known && !run_->what.is_part});
    run_.reset();
}

live_session::key live_session::key_of(const run_opening& what) const {
    key out{what.pattern, what.scenario};
    return before_.contains(out) || before_.size() < most_sums ? out : key{"other", "other"};
}

run_sums live_session::sums_of_run() const {
    run_sums out;
    out.cpu_s = run_->seen.cpu_s;
    for (const auto& s : run_->seen.services) out.services_cpu_s[static_cast<std::size_t>(s.name)] = s.cpu_s;
    if (!run_->record) return out;
    const auto& record = *run_->record;
    out.orders_seen = true;
    out.done = record.read();
    if (arrivals_ && record.elapsed().count() > 0) out.arrived = arrivals_->due_by(record.elapsed());
    out.service = record.service();
    out.wait = record.wait();
    out.response = record.response();
    out.lateness = record.lateness();
    out.loop_lag = record.loop_lag();
    for (std::size_t i = 0; i < timed_stages.size(); ++i) out.stages[i] = record.stage_duration(timed_stages[i]);
    for (std::size_t i = 0; i < max_objectives; ++i) out.on_time[i] = record.on_time(i);
    return out;
}

const std::map<live_session::key, run_sums>& live_session::sums() {
    auto now = before_;
    if (run_) add(now[key_of(run_->what)], sums_of_run());
    for (const auto& [of, sums] : now) raise(shown_[of], sums);
    return shown_;
}

live_phase live_session::phase() const {
    if (!run_) return live_phase::idle;
    if (!run_->record) return live_phase::running;
    if (run_->record->clock_stopped()) return live_phase::checking;
    return run_->record->elapsed().count() == 0 ? live_phase::starting : live_phase::running;
}

double live_session::in_flight() const {
    if (!run_ || !run_->record) return unknown;
    if (run_->seen.begins_known) return static_cast<double>(run_->record->read().in_flight());
    return run_->seen.workers.empty() ? unknown : static_cast<double>(run_->seen.in_hand);
}

double live_session::queued() const {
    if (!run_ || !run_->record || !run_->seen.begins_known || run_->what.is_part) return unknown;
    return static_cast<double>(run_->record->queued());
}

double live_session::oldest_queued_s() const {
    if (phase() != live_phase::running || std::isnan(queued())) return unknown;
    const auto now = run_->record->read();
    if (now.queued == 0) return 0;
    const auto next = now.begun + now.failed_as(stage::schedule, error_kind::overloaded) + 1;
    const auto since = run_->record->elapsed() -
                       (arrivals_ ? arrivals_->at(std::min(next, arrivals_->orders())) : std::chrono::nanoseconds(0));
    return std::max(0.0, std::chrono::duration<double>(since).count());
}

}  // namespace pipebench
