#include "measure/run_process.hpp"

#include "measure/process_tree.hpp"
#include "measure/run_watch.hpp"
#include "pipebench/error.hpp"
#include "services/postgres.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::int64_t longest_wait_ms = 100;
constexpr std::int64_t longest_wait_for_incident_ms = 1;  // a fast run does ten orders in it

/// By SIGKILL: any other signal is a crash, which must not pass for an operator's restart.
bool was_killed(const child_end& end) { return WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL; }

double own_cpu_seconds() {
    rusage r{};
    ::getrusage(RUSAGE_SELF, &r);
    return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/// Ours for the servers' sake, plus libpq's variables of the user's, for a server of the user's.
std::vector<std::string> run_environment(const run_request& request) {
    auto out = clean_environment();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.spec.work.limits.attempt).count();
    out.push_back(fmt::format("PGCONNECT_TIMEOUT={}", std::max<std::int64_t>(2, seconds)));
    out.push_back("PGAPPNAME=" + request.spec.where.schema);  // by which its connections can be told from others
    const auto ours = [](const watched_service& s) { return s.name == "postgres"; };
    if (std::any_of(request.services.begin(), request.services.end(), ours)) return out;
    for (auto& variable : libpq_variables()) out.push_back(std::move(variable));
    return out;
}

child_process start_run(const run_request& request, const recorder& record, int notes) {
    const auto spec = write_spec(request.spec);
    child_settings settings;
    settings.arguments = {request.binary, "_run"};
    settings.environment = run_environment(request);
    settings.descriptors = {
        {1, notes}, {2, notes}, {spec_descriptor, spec.get()}, {recorder_descriptor, record.descriptor()}};
    return child_process::spawn(settings);
}

/// From the first signal on: asks, waits for the grace, kills.
class ending {
public:
    ending(recorder& record, duration grace) : record_(record), grace_(grace) {}

    void follow(const signal_watch& signals, child_process& run) {
        if (signals.count() == 0) return;
        if (!deadline_) {
            record_.request_stop();
            deadline_ = clock::now() + grace_;
        }
        if (signals.count() > 1 || clock::now() >= *deadline_) run.signal(SIGKILL);
    }

private:
    recorder& record_;
    duration grace_;
    std::optional<clock::time_point> deadline_;
};

box_time operator-(const box_time& a, const box_time& b) {
    return {a.total_s - b.total_s, a.busy_s - b.busy_s, a.steal_s - b.steal_s};
}

timeval operator+(const timeval& a, const timeval& b) {
    timeval sum{};
    timeradd(&a, &b, &sum);
    return sum;
}

/// The run's process, and the next one after it was killed.
class run_under_way {
public:
    run_under_way(const run_request& request, const recorder& record, int notes)
        : request_(request), record_(record), notes_(notes) {
        start();
    }

    [[nodiscard]] child_process& process() noexcept { return *process_; }
    [[nodiscard]] unsigned runs() const noexcept { return runs_; }
    /// The end of the last one, with what all of them have used.
    [[nodiscard]] std::optional<child_end> end() {
        auto end = process_->wait_for(std::chrono::milliseconds(0));
        if (!end) return end;
        end->usage.ru_utime = end->usage.ru_utime + user_;
        end->usage.ru_stime = end->usage.ru_stime + system_;
        return end;
    }
    void start_again(const child_end& before) {
        user_ = before.usage.ru_utime;
        system_ = before.usage.ru_stime;
        start();
        ++runs_;
    }

private:
    void start() {
        process_.reset();
        process_.emplace(start_run(request_, record_, notes_));
    }

    const run_request& request_;
    const recorder& record_;
    int notes_;
    std::optional<child_process> process_;
    unsigned runs_ = 1;
    timeval user_{}, system_{};
};

}  // namespace

signal_watch::signal_watch() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &wanted, &before_);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.is_open()) throw system_failure("cannot watch signals", errno);
}

signal_watch::~signal_watch() {
    poll();  // what is still pending would be delivered now
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void signal_watch::poll() noexcept {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (first_ == 0) first_ = static_cast<int>(info.ssi_signo);
        ++count_;
    }
}

run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                            const on_progress& progress) {
    const double cpu_before = own_cpu_seconds();
    const auto box_before = read_box_time();
    std::vector<service_watch> services(request.services.begin(), request.services.end());
    note_reader notes;
    run_under_way run(request, record, notes.write_end());
    if (request.restarts == 0) notes.close_write_end();
    process_tree_sampler tree(run.process().pid());
    series_sampler series(record, request.stream);
    incident_watch incidents(request.incidents, record, services);
    ending end(record, request.grace);
    flight_watch in_flight(record);
    auto next_tree = clock::now();

    std::optional<child_end> ended;
    while (!ended) {
        if (clock::now() >= next_tree) {
            tree.sample();
            in_flight.sample();
            next_tree = clock::now() + tree.interval();
        }
        series.sample_when_due(tree.rss_now());
        for (auto& s : services) s.sample_when_due();
        incidents.strike_when_due(run.process().pid());
        notes.drain();
        signals.poll();
        end.follow(signals, run.process());
        progress(record, tree.rss_now());
        ended = run.end();
        if (ended && was_killed(*ended) && signals.count() == 0 && run.runs() <= request.restarts) {
            record.mark_kill();  // by itself, if by none of the incidents
            record.forget_unfinished();
            run.start_again(*ended);
            tree.follow(run.process().pid());
            ended.reset();
        }
        if (ended) break;
        std::array<pollfd, 3> waiting{{{run.process().pid_descriptor(), POLLIN, 0},
                                       {signals.native(), POLLIN, 0},
                                       {notes.read_end(), POLLIN, 0}}};
        const auto wait = std::min(next_tree, series.next()) - clock::now();
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        const std::int64_t longest = incidents.is_waiting() ? longest_wait_for_incident_ms : longest_wait_ms;
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(ms, 1, longest)));
    }
    notes.close_write_end();
    if (!record.clock_stopped()) record.stop_clock();  // the run died: its time ends with it

    run_observation out;
    out.end = *ended;
    out.memory = tree.usage();
    out.harness_cpu_s = own_cpu_seconds() - cpu_before;
    out.in_flight = in_flight.seen();
    out.series = series.take();
    out.struck = incidents.struck();
    out.runs = run.runs();
    for (auto& s : services) out.services.push_back(s.finish());
    out.box = read_box_time() - box_before;
    out.notes = notes.finish();
    incidents.tell(out.notes);
    return out;
}

}  // namespace pipebench
