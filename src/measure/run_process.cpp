#include "measure/run_process.hpp"

#include "contracts/error.hpp"
#include "measure/run_watch.hpp"
#include "measure/runner_report.hpp"
#include "system/cpu_time.hpp"
#include "system/environment.hpp"
#include "system/process_tree.hpp"
#include "system/process_tree_sampler.hpp"
#include "system/signal_watch.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
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
    return cpu_seconds(r);
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

/// Where a run writes to: its notes, and what a program of the user's says of its orders.
struct run_outputs {
    int report, notes;
};

child_process start_program(const runner_program& program, run_outputs to) {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", program.command};
    settings.environment = program.environment;
    settings.descriptors = {{1, to.report}, {2, to.notes}};
    return child_process::spawn(settings);
}

child_process start_run(const run_request& request, recorder& record, run_outputs to) {
    if (!request.program.command.empty()) {
        auto child = start_program(request.program, to);
        record.start_clock();  // until it says when
        return child;
    }
    const auto spec = write_spec(request.spec);
    child_settings settings;
    settings.arguments = {request.binary, "_run"};
    settings.environment = run_environment(request);
    settings.descriptors = {
        {1, to.notes}, {2, to.notes}, {spec_descriptor, spec.get()}, {recorder_descriptor, record.descriptor()}};
    return child_process::spawn(settings);
}

/// From the first signal on, or when a program's time is over: asks, waits for the grace, kills.
class ending {
public:
    ending(const run_request& request, recorder& record) : request_(request), record_(record) {}

    void follow(const signal_watch& signals, child_process& run) {
        out_of_time_ = out_of_time_ || (is_program() && clock::now() - began_ >= request_.program.limit);
        if (signals.count() == 0 && !out_of_time_) return;
        if (!deadline_) {
            if (is_program()) ::kill(-run.pid(), SIGTERM);
            record_.request_stop();
            deadline_ = clock::now() + request_.grace;
        }
        if (signals.count() > 1 || clock::now() >= *deadline_) run.signal(SIGKILL);
    }
    [[nodiscard]] bool out_of_time() const noexcept { return out_of_time_; }

private:
    [[nodiscard]] bool is_program() const noexcept { return !request_.program.command.empty(); }

    const run_request& request_;
    recorder& record_;
    const clock::time_point began_ = clock::now();
    bool out_of_time_ = false;
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
    run_under_way(const run_request& request, recorder& record, run_outputs outputs)
        : request_(request), record_(record), outputs_(outputs) {
        start();
    }

    run_under_way(const run_under_way&) = delete;
    run_under_way& operator=(const run_under_way&) = delete;
    ~run_under_way() { end_group(); }

    /// What a program of the user's has left in its process group; true: there was something.
    bool end_group() {
        if (request_.program.command.empty() || !group_is_alive(process_->pid())) return false;
        return ::kill(-process_->pid(), SIGKILL) == 0;
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
        process_.emplace(start_run(request_, record_, outputs_));
    }

    const run_request& request_;
    recorder& record_;
    run_outputs outputs_;
    std::optional<child_process> process_;
    unsigned runs_ = 1;
    timeval user_{}, system_{};
};

/// It was not told when orders begin.
void forget_in_flight(run_observation& seen) {
    seen.in_flight = {};
    for (auto* column : {&seen.series.in_flight, &seen.series.queued})
        for (double& n : *column) n = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                            const on_progress& progress) {
    const double cpu_before = own_cpu_seconds();
    const auto box_before = read_box_time();
    std::vector<service_watch> services(request.services.begin(), request.services.end());
    note_book notes;
    runner_report report(record);
    line_pipe printed([&](std::string_view line) { notes.add(line); });
    line_pipe reported([&](std::string_view line) {
        if (!report.take(line)) notes.add(line);
    });
    const auto close_write_ends = [&] { printed.close_write_end(), reported.close_write_end(); };
    run_under_way run(request, record, {reported.write_end(), printed.write_end()});
    if (request.restarts == 0) close_write_ends();
    process_tree_sampler tree(run.process().pid(),
                              request.program.command.empty() ? forks_from::main_thread : forks_from::any_thread);
    std::optional<series_sampler> series(std::in_place, record, request.stream);
    incident_watch incidents(request.incidents, record, services);
    ending end(request, record);
    std::optional<flight_watch> in_flight(record);
    auto next_tree = clock::now();

    double cpu_before_start_s = 0;
    std::optional<child_end> ended;
    while (!ended) {
        if (request.watch == watching::all && clock::now() >= next_tree) {
            tree.sample();
            in_flight->sample();
            next_tree = clock::now() + tree.interval();
        }
        if (request.watch == watching::all) {
            series->sample_when_due(tree.rss_now());
            for (auto& s : services) s.sample_when_due();
        }
        incidents.strike_when_due(run.process().pid());
        printed.drain();
        const bool had_started = report.started();
        reported.drain();
        if (report.started() && !had_started) {  // what was seen before was no part of the run
            cpu_before_start_s = tree_cpu_seconds(run.process().pid());
            in_flight.emplace(record);
            series.emplace(record, request.stream);
        }
        signals.poll();
        end.follow(signals, run.process());
        if (request.watch == watching::all) progress(record, tree.rss_now());
        ended = run.end();
        if (ended && was_killed(*ended) && signals.count() == 0 && run.runs() <= request.restarts) {
            record.mark_kill();  // by itself, if by none of the incidents
            record.forget_unfinished();
            run.start_again(*ended);
            tree.follow(run.process().pid());
            ended.reset();
        }
        if (ended) break;
        std::array<pollfd, 4> waiting{{{run.process().pid_descriptor(), POLLIN, 0},
                                       {signals.native(), POLLIN, 0},
                                       {printed.read_end(), POLLIN, 0},
                                       {reported.read_end(), POLLIN, 0}}};
        const auto next =
            request.watch == watching::all ? std::min(next_tree, series->next()) : clock::time_point::max();
        const auto wait = next - clock::now();
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
        const std::int64_t longest = incidents.is_waiting() ? longest_wait_for_incident_ms : longest_wait_ms;
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(ms, 1, longest)));
    }
    close_write_ends();
    if (!record.clock_stopped()) record.stop_clock();  // the run died: its time ends with it

    if (run.end_group()) notes.add("it left processes behind, which were killed");
    printed.finish();
    reported.finish();

    run_observation out;
    out.end = *ended;
    out.memory = tree.usage();
    out.harness_cpu_s = own_cpu_seconds() - cpu_before;
    out.in_flight = in_flight->seen();
    out.series = series->take();
    out.struck = incidents.struck();
    out.runs = run.runs();
    for (auto& s : services) out.services.push_back(s.finish());
    out.box = read_box_time() - box_before;
    if (!request.program.command.empty() && !report.tells_begins()) forget_in_flight(out);
    out.cpu_before_start_s = cpu_before_start_s;
    out.out_of_time = end.out_of_time();
    out.in_flight_limit = report.in_flight_limit();
    out.notes = notes.take();
    incidents.tell(out.notes);
    return out;
}

}  // namespace pipebench
