// One run in a process of its own, watched from outside until it and all that it started is gone.
#pragma once

#include "concurrency/child_process.hpp"
#include "measure/box.hpp"
#include "measure/run_spec.hpp"
#include "measure/series.hpp"
#include "pipebench/recorder.hpp"
#include "pipebench/result.hpp"

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// SIGINT and SIGTERM, taken as events while it lives; SIGPIPE is ignored. One per process, on the main thread.
class signal_watch {
public:
    signal_watch();
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch();

    [[nodiscard]] int native() const noexcept { return signals_.get(); }
    /// Takes what has arrived. The first one is kept.
    void poll() noexcept;
    [[nodiscard]] int first() const noexcept { return first_; }  ///< 0, SIGINT or SIGTERM
    [[nodiscard]] unsigned count() const noexcept { return count_; }
    [[nodiscard]] bool was_terminated() const noexcept { return terminated_; }  ///< a SIGTERM was among them

private:
    descriptor signals_;
    sigset_t before_{};
    int first_ = 0;
    unsigned count_ = 0;
    bool terminated_ = false;
};

/// A server of ours beside the run, to be sampled. Its pid is asked for again after an incident, which may have started
/// it anew.
struct watched_service {
    std::string name;
    std::function<pid_t()> pid;
};

/// Something that is done to the run, or to what it depends on, amid it.
struct incident {
    std::string name;  ///< as in recovery_view::killed
    double at = 0.5;   ///< share of the orders that have ended
    /// `run`: its process. What it returns becomes a note.
    std::function<std::string(pid_t run)> strike;
    bool restarts_a_service = false;
};

/// `end_only`: time, CPU and the ledger, and nothing on the way there; to see what the watching costs.
enum class watching : std::uint8_t { all, end_only };

/// A program of the user's in place of pipebench's own `_run` (docs/runners.md).
struct runner_program {
    std::string command;                        ///< for /bin/sh; empty: there is none
    std::vector<std::string> environment;       ///< the whole of it
    duration limit = std::chrono::minutes{10};  ///< then it is asked to end, as after a signal
};

struct run_request {
    std::string binary;  ///< pipebench's own
    runner_program program;
    run_spec spec;
    std::vector<watched_service> services;
    duration grace = std::chrono::seconds{5};  ///< for draining, after a signal
    std::vector<incident> incidents;
    unsigned restarts = 0;  ///< how often a run that was killed is started again
    watching watch = watching::all;
    stream_probe stream;  ///< empty: there is none
};

struct run_observation {
    child_end end;  ///< of the last of its processes, with what all of them have used
    memory_usage memory;
    std::vector<service_usage> services;  ///< PSS; CPU where it is not known from elsewhere
    double harness_cpu_s = 0;
    box_time box;  ///< that passed meanwhile
    flight_view in_flight;
    series_view series;
    std::string struck;                            ///< the name of the first incident; empty: none came to pass
    unsigned runs = 1;                             ///< started
    std::vector<std::string> notes;                ///< what the run printed, line by line, bounded
    double cpu_before_start_s = 0;                 ///< of a program: what it used before it said that it starts
    bool out_of_time = false;                      ///< a program that took longer than its limit
    std::optional<std::uint64_t> in_flight_limit;  ///< that a program said it has
};

/// Called whenever the session looks at the run, ten to a thousand times a second, with its RSS.
using on_progress = std::function<void(const recorder&, std::uint64_t rss)>;

/// Starts the run and watches it. After the first signal it is asked to end, after the grace or a second one it
/// is killed. A run that is killed otherwise is started again, on the same record, as often as the request allows.
[[nodiscard]] run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                                          const on_progress& progress);

}  // namespace pipebench
