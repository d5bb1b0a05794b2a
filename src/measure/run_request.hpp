// The request for one run: its contestant, its workload, the servers to sample, and the incidents.
#pragma once

#include "contracts/arrival_schedule.hpp"
#include "measure/contestant.hpp"
#include "measure/record_watch.hpp"
#include "measure/series.hpp"
#include "pipebench/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// A server of the session to be sampled during the run. Its pid is read again after an incident, which may have
/// restarted it.
struct watched_service {
    service name = service::mock_api;
    std::function<pid_t()> pid;
};

/// What an incident has done.
struct strike {
    std::string text;  ///< becomes a note
    bool hit = true;   ///< false: nothing was there to be killed
    bool killed_run = false;
    pid_t process = 0;  ///< that was killed; 0: none, or more than one
};

/// An action against the run or one of its servers during the run.
struct incident {
    kill_target target = kill_target::none;
    double at = 0.5;                                     ///< share of the orders that have ended
    std::function<pipebench::strike(pid_t run)> strike;  ///< `run`: pid of its process
    bool restarts_a_service = false;
};

/// `end_only`: no sampling, only time, CPU and the ledger; to measure what sampling costs.
enum class watching : std::uint8_t { all, end_only };

struct run_request {
    const contestant& who;
    run_spec spec;
    server_owner postgres = server_owner::user;
    std::vector<watched_service> services{};
    duration grace = std::chrono::seconds{5};  ///< for draining, after a signal
    std::vector<incident> incidents{};
    unsigned restarts = 0;  ///< how often a run is restarted that an incident or a poison order has killed
    watching watch = watching::all;
    bool glances = false;   ///< whether somebody wants to know what the run and its servers use while it goes
    pid_t helper = 0;       ///< a process of the session whose CPU time counts as the harness's; 0: none
    stream_probe stream{};  ///< empty if there is no stream
    std::optional<arrival_schedule> arrivals{};  ///< of an open run, if it reports in lines
    /// On the run's clock: when orders of an open run that have not begun are given up; 0: never.
    std::chrono::nanoseconds give_up_at{};
    /// Gets what happens, on the thread that observes the run.
    tell_event happened = [](const event&) {};
};

}  // namespace pipebench
