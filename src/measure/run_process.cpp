#include "measure/run_process.hpp"

#include "measure/run_watch.hpp"
#include "measure/runner_lines.hpp"
#include "system/cpu_time.hpp"
#include "system/process_tree.hpp"
#include "system/process_tree_sampler.hpp"
#include "system/signal_watch.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::int64_t longest_wait_ms = 100;
constexpr std::int64_t longest_wait_for_incident_ms = 1;  // a fast run completes ten orders in this time

/// Only SIGKILL counts: any other signal is a crash, and a restart would hide it.
bool was_killed(const child_end& end) { return WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL; }

double own_cpu_seconds() {
    rusage r{};
    ::getrusage(RUSAGE_SELF, &r);
    return cpu_seconds(r);
}

/// Of a helper of the session; 0 without one. NaN: it is gone.
double cpu_seconds_of_helper(pid_t helper) { return helper != 0 ? tree_cpu_seconds(helper) : 0; }

/// What it has used since then; 0 if that is not known, since it was killed.
double helped_since(double before_s, pid_t helper) {
    const double more = cpu_seconds_of_helper(helper) - before_s;
    return more > 0 ? more : 0;
}

box_time operator-(const box_time& a, const box_time& b) {
    return {a.total_s - b.total_s, a.busy_s - b.busy_s, a.steal_s - b.steal_s, a.throttled_s - b.throttled_s};
}

timeval operator+(const timeval& a, const timeval& b) {
    timeval sum{};
    timeradd(&a, &b, &sum);
    return sum;
}

const arrival_schedule* schedule_of(const run_request& request) {
    return request.arrivals ? &*request.arrivals : nullptr;
}

/// Which threads of the run have children.
forks_from forks_of(const run_request& request) {
    return request.spec.work.transform_on.in_processes ? forks_from::any_thread : request.who.forks();
}

bool reports_in_lines(const run_request& request) { return request.who.reports() == order_reports::in_lines; }

/// After the first signal or the time limit: asks the run to end, waits for the grace period, then kills it.
class run_ending {
public:
    run_ending(const run_request& request, recorder& record) : request_(request), record_(record) {}

    void follow(const signal_watch& signals, child_process& run) {
        give_up_after_drain();
        const auto limit = request_.who.time_limit();
        out_of_time_ = out_of_time_ || (limit && clock::now() - began_ >= *limit + request_.give_up_at);
        // A runner does not see that it should stop.
        const bool has_to_end = signals.count() > 0 || out_of_time_ || (given_up_ && reports_in_lines(request_));
        if (!has_to_end) return;
        if (!deadline_) {
            request_.who.ask_to_end(run.pid());
            record_.request_stop();
            deadline_ = clock::now() + request_.grace;
        }
        if (signals.count() > 1 || clock::now() >= *deadline_) run.signal(SIGKILL);
    }
    [[nodiscard]] bool out_of_time() const noexcept { return out_of_time_; }
    [[nodiscard]] bool given_up() const noexcept { return given_up_; }

private:
    /// Orders of an open run that have not begun when the drain is over will not; those in flight end by themselves.
    void give_up_after_drain() {
        if (given_up_ || request_.give_up_at.count() == 0 || record_.elapsed() < request_.give_up_at) return;
        given_up_ = record_.read().ended() < record_.orders();
        record_.request_stop();
    }

    const run_request& request_;
    recorder& record_;
    bool given_up_ = false;
    const clock::time_point began_ = clock::now();
    bool out_of_time_ = false;
    std::optional<clock::time_point> deadline_;
};

/// The process of the run, which is replaced if it is killed.
class run_under_way {
public:
    run_under_way(const run_request& request, recorder& record, int lines, int notes)
        : who_(request.who),
          start_{request.spec, record, request.postgres, lines, notes},
          process_(who_.start(start_)) {}

    run_under_way(const run_under_way&) = delete;
    run_under_way& operator=(const run_under_way&) = delete;
    ~run_under_way() { kill_remains(); }

    /// True if processes had outlived the first one. There is none after a restart that failed.
    bool kill_remains() { return process_ && who_.kill_remains(process_->pid()); }
    [[nodiscard]] child_process& process() noexcept { return *process_; }
    [[nodiscard]] pid_t pid() const noexcept { return process_->pid(); }
    [[nodiscard]] unsigned runs() const noexcept { return runs_; }
    /// The end of the last process, with the resource usage of all; nullopt while it runs.
    [[nodiscard]] std::optional<child_end> end() {
        auto end = process_->wait_for(std::chrono::milliseconds(0));
        if (!end) return end;
        end->usage.ru_utime = end->usage.ru_utime + user_;
        end->usage.ru_stime = end->usage.ru_stime + system_;
        return end;
    }
    /// Of all its processes that live or were waited for. NaN if the run has just ended.
    [[nodiscard]] double cpu_seconds_so_far() const {
        return as_seconds(user_) + as_seconds(system_) + tree_cpu_seconds(pid());
    }
    void start_again(const child_end& before) {
        user_ = before.usage.ru_utime;
        system_ = before.usage.ru_stime;
        process_.reset();
        process_.emplace(who_.start(start_));
        ++runs_;
    }

private:
    const contestant& who_;
    run_start start_;
    std::optional<child_process> process_;
    unsigned runs_ = 1;
    timeval user_{}, system_{};
};

/// For a runner that did not report when orders begin, and for workers elsewhere, whose results say it too late.
void forget_in_flight(run_observation& seen) {
    seen.in_flight = flight_watch::not_known;
    seen.not_ended = seen.series.queued;  // as every order counts as begun at its end
    for (auto* column : {&seen.series.in_flight, &seen.series.queued})
        for (double& n : *column) n = std::numeric_limits<double>::quiet_NaN();
}

/// Watches one run from its start to its end.
class run_watcher {
public:
    run_watcher(const run_request& request, recorder& record, signal_watch& signals, const on_progress& progress)
        : request_(request), record_(record), signals_(signals), progress_(progress) {
        if (request.restarts == 0) close_write_ends();
    }

    run_observation watch() {
        for (;;) {
            look();
            restart_if_killed();
            if (end_) return finish();
            wait();
        }
    }

private:
    [[nodiscard]] bool watches_all() const noexcept { return request_.watch == watching::all; }

    void look() {
        read_output();  // first, since what a line says holds when it is read
        report_.count_arrivals();
        if (watches_all()) sample();
        incidents_.strike_when_due(run_.pid());
        if (watches_all()) events_.look_when_due();
        signals_.poll();
        ending_.follow(signals_, run_.process());
        if (watches_all()) progress_(record_, glance());
        end_ = run_.end();
    }

    void sample() {
        if (clock::now() >= next_tree_) {
            tree_.sample();
            in_flight_.add(record_.elapsed(), record_.read().in_flight());
            next_tree_ = clock::now() + tree_.interval();
        }
        series_->sample_when_due(tree_.rss_now());
        for (auto& s : services_) s.sample_when_due();
    }

    [[nodiscard]] bool begins_known() const {
        return request_.spec.part != run_part::source && (!reports_in_lines(request_) || report_.tells_begins());
    }

    const run_glance& glance() {
        glance_.rss_bytes = tree_.rss_now();
        const auto began = clock::now();
        if (!request_.glances || began < next_glance_) return glance_;
        ++glance_.number;
        glance_.cpu_s = run_.cpu_seconds_so_far() - cpu_before_start_s_;
        glance_.pss_bytes = tree_.pss_now();
        glance_.processes = tree_.size_now();
        glance_.begins_known = begins_known();
        glance_.stream = series_->depth();
        glance_.services.clear();
        for (auto& s : services_) glance_.services.push_back(s.glance());
        const auto now = clock::now();
        next_glance_ = now + std::max<clock::duration>(glance_interval, 99 * (now - began));
        return glance_;
    }

    void read_output() {
        notes_pipe_.drain();
        const bool had_started = report_.started();
        lines_pipe_.drain();
        if (report_.started() && !had_started) leave_out_what_came_before();
    }

    /// CPU time before a runner reported its start is not part of the run.
    void leave_out_what_came_before() {
        const double used = tree_cpu_seconds(run_.pid());
        cpu_before_start_s_ = std::isfinite(used) ? used : 0;
        in_flight_ = {};
        series_.emplace(record_, request_.stream);
    }

    void restart_if_killed() {
        if (!end_ || !was_killed(*end_) || signals_.count() > 0 || run_.runs() > request_.restarts) return;
        if (!death_was_planned()) return;
        tell_death();
        record_.mark_kill();  // only counts if no incident has killed it
        record_.forget_unfinished();
        run_.start_again(*end_);
        tell({.kind = event_kind::restart,
              .fields = {{"what", "run"}, {"process", run_.pid()}, {"runs", run_.runs()}}});
        tree_.follow(run_.pid());
        end_.reset();
    }

    void tell(event e) {
        e.at_s = event_seconds(record_.elapsed());
        request_.happened(e);
    }

    void tell_death() {
        events_.look();  // what was before it
        tell({.kind = event_kind::process_died, .fields = {{"process", run_.pid()}, {"how", end_->describe()}}});
    }

    /// Whether an incident or a poison order has killed the run, and not somebody else (the OOM killer, an operator).
    bool death_was_planned() {
        const auto& poison = request_.spec.work.poison;
        if (std::any_of(poison.begin(), poison.end(), [&](order_id id) { return record_.is_in_flight(id); }))
            return true;
        return incidents_.runs_killed() > std::exchange(deaths_by_incident_, incidents_.runs_killed());
    }

    /// Blocks until there is something to read or sample, or the run ends.
    void wait() {
        std::array<pollfd, 4> waiting{{{run_.process().pid_descriptor(), POLLIN, 0},
                                       {signals_.native(), POLLIN, 0},
                                       {notes_pipe_.read_end(), POLLIN, 0},
                                       {lines_pipe_.read_end(), POLLIN, 0}}};
        const auto next = watches_all() ? std::min(next_tree_, series_->next()) : clock::time_point::max();
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now()).count();
        const std::int64_t longest = incidents_.is_waiting() ? longest_wait_for_incident_ms : longest_wait_ms;
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(ms, 1, longest)));
    }

    run_observation finish() {
        close_write_ends();
        if (!record_.clock_stopped()) record_.stop_clock();  // the run died before it could stop the clock
        if (run_.kill_remains()) notes_.add("it left processes behind, which were killed");
        notes_pipe_.finish();
        lines_pipe_.finish();
        if (!end_->exited_with(0) && signals_.count() == 0) tell_death();
        events_.finish();
        return observation();
    }

    run_observation observation() {
        run_observation out;
        out.end = *end_;
        out.memory = tree_.usage();
        out.harness_cpu_s =
            own_cpu_seconds() - own_cpu_before_s_ + helped_since(helper_cpu_before_s_, request_.helper);
        out.in_flight = in_flight_.seen(record_.read().in_flight());
        out.series = series_->take();
        out.struck = incidents_.struck();
        out.runs = run_.runs();
        for (auto& s : services_) out.services.push_back(s.finish(patience(signals_, request_.grace)));
        out.box = read_box_time() - box_before_;
        if (!begins_known()) forget_in_flight(out);
        out.cpu_before_start_s = cpu_before_start_s_;
        out.out_of_time = ending_.out_of_time();
        out.asked_to_end = ending_.given_up();
        out.given_up = out.asked_to_end && record_.read().ended() < record_.orders();
        out.in_flight_limit = report_.in_flight_limit();
        out.told_stored = record_.read().stored;
        out.too_early = report_.too_early();
        out.misread_lines = report_.misread_lines();
        out.notes = notes_.take();
        if (!out.misread_lines.empty()) out.notes.push_back(out.misread_lines);
        for (auto& line : incidents_.report()) out.notes.push_back(std::move(line));
        return out;
    }

    /// Called when no further process will get them, so that the pipes close when the run ends.
    void close_write_ends() {
        notes_pipe_.close_write_end();
        lines_pipe_.close_write_end();
    }

    const run_request& request_;
    recorder& record_;
    signal_watch& signals_;
    const on_progress& progress_;

    const double own_cpu_before_s_ = own_cpu_seconds();
    const double helper_cpu_before_s_ = cpu_seconds_of_helper(request_.helper);
    const box_time box_before_ = read_box_time();
    std::vector<service_watch> services_{request_.services.begin(), request_.services.end()};
    note_book notes_;
    runner_report report_{record_, schedule_of(request_)};
    line_pipe notes_pipe_{[this](std::string_view line) { notes_.add(line); }};
    line_pipe lines_pipe_{[this](std::string_view line) {
        if (!report_.take(line)) notes_.add(line);
    }};
    run_under_way run_{request_, record_, lines_pipe_.write_end(), notes_pipe_.write_end()};
    process_tree_sampler tree_{run_.pid(), forks_of(request_)};
    std::optional<series_sampler> series_{std::in_place, record_, request_.stream};
    incident_watch incidents_{request_.incidents, record_, services_, request_.happened};
    record_watch events_{record_, request_.happened};
    run_ending ending_{request_, record_};
    flight_watch in_flight_;
    clock::time_point next_tree_ = clock::now(), next_glance_ = next_tree_;
    run_glance glance_;
    double cpu_before_start_s_ = 0;
    unsigned deaths_by_incident_ = 0;
    std::optional<child_end> end_;
};

}  // namespace

run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                            const on_progress& progress) {
    return run_watcher(request, record, signals, progress).watch();
}

}  // namespace pipebench
