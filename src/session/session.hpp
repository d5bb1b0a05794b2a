// A session: everything that one command measures. It runs each contestant in each round, and makes a row of each
// run. A run_executor executes the runs.
#pragma once

#include "analysis/verdict.hpp"
#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/run_request.hpp"
#include "pipebench/result.hpp"
#include "session/chaos_plan.hpp"
#include "session/joined_workers.hpp"
#include "session/run_executor.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"
#include "system/signal_watch.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct session_settings {
    pipebench::contestants contestants;
    workload work;
    std::string profile;
    std::string command;  ///< as typed, without secrets
    std::string name{};   ///< of the result; may be empty
    std::vector<result_tag> tags{};
    server_choice servers;
    std::vector<scenario> scenarios;  ///< at least one; every contestant runs under each
    chaos_plan chaos;
    double target_time_s = 0;               ///< for the report; 0: none
    std::uint64_t memory_budget_bytes = 0;  ///< for the report; 0: none
    std::uint64_t rounds = 1;               ///< each contestant runs once per round, ordered by plan_rounds()
    std::uint64_t warmup = 0;               ///< earlier rounds that do not count
    double busy_limit = default_busy_limit;
    watching watch = watching::all;
    bool glances = false;                ///< as in run_request
    pid_t helper = 0;                    ///< as in run_request
    bool profile_stages = false;         ///< sample where the patterns' CPU time goes
    bool loop_lag = false;               ///< measure how late the timers of event loops are
    double trace_share = 0;              ///< of the orders, whose spans are kept (contracts/span_log.hpp); 0: none
    bool yardstick = true;               ///< measure before each run what the box is worth
    double transform_rounds_per_us = 0;  ///< from calibrate_transform_work(); 0: no --transform-cost
    leftovers tables = leftovers::drop;
    duration grace = std::chrono::seconds{5};
    std::optional<join_settings> join;            ///< all workers are elsewhere
    std::string binary;                           ///< path of the pipebench binary
    std::function<order_row(order_id)> expected;  ///< the row of an order of the mock API
};

/// Position of a run in the session.
struct run_place {
    std::uint64_t round = 1, rounds = 1;
    bool warmup = false;
    std::string scenario{};                 ///< empty if the only scenario is the clean one
    std::uint64_t run = 1, of = 1;          ///< of all runs of the session, from 1
    std::chrono::duration<double> later{};  ///< sum of the floors of the runs after it
    const workload* work = nullptr;         ///< of all runs of the session
};

/// Callbacks for progress. All are called on the session's thread.
struct session_observer {
    std::function<void(const std::string&)> message = [](const std::string&) {};  ///< a step, or a warning
    std::function<void(const contestant&, const run_place&, std::chrono::duration<double> floor)> run_starts =
        [](const contestant&, const run_place&, std::chrono::duration<double>) {};
    std::function<void(const contestant&, const recorder&, const run_glance&)> run_goes =
        [](const contestant&, const recorder&, const run_glance&) {};
    std::function<void(const run_result&)> run_ended = [](const run_result&) {};
    tell_event happened = [](const event&) {};
    /// Called after every run with the result so far, marked as interrupted, so that a crash of the machine loses at
    /// most one run.
    std::function<void(const session_result&)> can_be_saved = [](const session_result&) {};
};

struct session_outcome {
    session_result result;
    int signal = 0;                    ///< SIGINT, SIGTERM or SIGHUP if one ended it early
    std::vector<traced_run> traces{};  ///< with trace_share: one for each of the result's runs
    std::uint64_t spans_beyond = 0;    ///< the limits: not in them
};

inline constexpr std::size_t most_spans_of_session = 1'000'000;  ///< further ones are counted, and not kept

/// Checks first whether the machine can hold the runs, and starts the servers: throws setup_error if either fails; the
/// message names the limit and the numbers. A run that fails later is a row that says so. Returns after the servers have
/// ended. Main thread only; handles SIGINT, SIGTERM and SIGHUP.
[[nodiscard]] session_outcome run_session(const session_settings& settings, const session_observer& observer);

/// In its place where the caller wants other runs.
using session_function = std::function<session_outcome(const session_settings&, const session_observer&)>;

/// The same with the caller's executor, which reacts to these signals, and whose servers still run when this returns: the
/// caller prints the result before it waits for their end.
[[nodiscard]] session_outcome run_session(const session_settings& settings, const session_observer& observer,
                                          run_executor& executor, signal_watch& signals);

}  // namespace pipebench
