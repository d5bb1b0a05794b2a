// A session: everything one command measures. Has each contestant run, round after round, and makes a row of each
// run. How a run is executed is the business of its run_executor.
#pragma once

#include "analysis/verdict.hpp"
#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/run_request.hpp"
#include "pipebench/result.hpp"
#include "session/chaos.hpp"
#include "session/run_executor.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"
#include "system/signal_watch.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct session_settings {
    pipebench::contestants contestants;
    workload work;
    std::string profile;
    std::string command;  ///< as typed, without secrets
    server_choice servers;
    std::vector<scenario> scenarios;  ///< at least one; every contestant under each of them
    chaos_plan chaos;
    double target_time_s = 0;               ///< for the report; 0: none
    std::uint64_t memory_budget_bytes = 0;  ///< for the report; 0: none
    std::uint64_t rounds = 1;               ///< each contestant once in each, in the order of plan_rounds()
    std::uint64_t warmup = 0;               ///< rounds before them, which are not counted
    double busy_limit = default_busy_limit;
    watching watch = watching::all;
    bool profile_stages = false;  ///< sample where the patterns' CPU time goes
    leftovers tables = leftovers::drop;
    duration grace = std::chrono::seconds{5};
    std::string binary;                           ///< pipebench's own
    std::function<order_row(order_id)> expected;  ///< what our mock API's orders become
};

/// Where in the session a run is.
struct run_place {
    std::uint64_t round = 1, rounds = 1;
    bool warmup = false;
    std::string scenario;  ///< empty where there is but one, and it is clean
};

/// What is called as the session goes on. All are called on the session's thread.
struct session_observer {
    std::function<void(const std::string&)> message = [](const std::string&) {};  ///< a step, or a warning
    std::function<void(const contestant&, const run_place&, std::chrono::duration<double> floor)> run_starts =
        [](const contestant&, const run_place&, std::chrono::duration<double>) {};
    std::function<void(const contestant&, const recorder&, std::uint64_t rss)> run_goes =
        [](const contestant&, const recorder&, std::uint64_t) {};
    std::function<void(const run_result&)> run_ended = [](const run_result&) {};
    /// After every run, with all there is so far, marked as interrupted: what would be left if the box went down now.
    std::function<void(const session_result&)> can_be_saved = [](const session_result&) {};
};

struct session_outcome {
    session_result result;
    int signal = 0;  ///< SIGINT or SIGTERM when one ended it early
};

/// A contestant could not do its run: the box cannot hold it, or it failed. Everything else, such as a
/// server that does not start, is a plain setup_error.
class run_failure : public setup_error {
public:
    using setup_error::setup_error;
};

/// Checks first whether the box can hold the runs; if not, the error names the limit and the numbers. Throws
/// setup_error when it cannot go on: run_failure when a contestant is the cause. Main thread only: takes SIGINT and
/// SIGTERM.
[[nodiscard]] session_outcome run_session(const session_settings& settings, const session_observer& observer);

/// The same with an executor of the caller's, which reacts to these signals during a run.
[[nodiscard]] session_outcome run_session(const session_settings& settings, const session_observer& observer,
                                          run_executor& executor, signal_watch& signals);

}  // namespace pipebench
