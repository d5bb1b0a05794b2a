// What the session asks of one run: which contestant, with which workload, beside which servers, and what is done to
// it.
#pragma once

#include "measure/contestant.hpp"
#include "measure/series.hpp"
#include "pipebench/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace pipebench {

/// A server of ours beside the run, to be sampled. Its pid is asked for again after an incident, which may have
/// started it anew.
struct watched_service {
    service name = service::mock_api;
    std::function<pid_t()> pid;
};

/// Something that is done to the run, or to what it depends on, amid it.
struct incident {
    kill_target target = kill_target::none;
    double at = 0.5;  ///< share of the orders that have ended
    /// `run`: its process. What it returns becomes a note.
    std::function<std::string(pid_t run)> strike;
    bool restarts_a_service = false;
};

/// `end_only`: time, CPU and the ledger, and nothing on the way there; to see what the watching costs.
enum class watching : std::uint8_t { all, end_only };

struct run_request {
    const contestant& who;
    run_spec spec;
    server_owner postgres = server_owner::user;
    std::vector<watched_service> services{};
    duration grace = std::chrono::seconds{5};  ///< for draining, after a signal
    std::vector<incident> incidents{};
    unsigned restarts = 0;  ///< how often a run that was killed is started again
    watching watch = watching::all;
    stream_probe stream{};  ///< empty: there is none
};

}  // namespace pipebench
