// One run in a process of its own, watched from outside until it and all that it started is gone.
#pragma once

#include "concurrency/child_process.hpp"
#include "measure/box.hpp"
#include "measure/run_spec.hpp"
#include "pipebench/recorder.hpp"
#include "pipebench/result.hpp"

#include <csignal>
#include <functional>
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

private:
    descriptor signals_;
    sigset_t before_{};
    int first_ = 0;
    unsigned count_ = 0;
};

struct run_request {
    std::string binary;  ///< pipebench's own
    run_spec spec;
    pid_t postgres = 0;  ///< of our own servers, to be sampled; 0: not ours
    pid_t redis = 0;
    pid_t mock_api = 0;
    duration grace = std::chrono::seconds{5};  ///< for draining, after a signal
};

struct run_observation {
    child_end end;
    memory_usage memory;
    std::vector<service_usage> services;  ///< PSS; CPU where it is not known from elsewhere
    double harness_cpu_s = 0;
    box_time box;  ///< that passed meanwhile
    flight_view in_flight;
    std::vector<std::string> notes;  ///< what the run printed, line by line, bounded
};

/// Called a few times a second while the run goes on, with its RSS.
using on_progress = std::function<void(const recorder&, std::uint64_t rss)>;

/// Starts the run and watches it. After the first signal it is asked to end, after the grace or a second one it
/// is killed.
[[nodiscard]] run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                                          const on_progress& progress);

}  // namespace pipebench
