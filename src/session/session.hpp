// A session: everything one command measures. Starts what is needed, runs each pattern in a process of its own,
// round after round, checks the ledger after each, and leaves nothing behind.
#pragma once

#include "analysis/verdict.hpp"
#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "measure/run_process.hpp"
#include "measure/user_runner.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/result.hpp"
#include "session/chaos.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct session_settings {
    std::vector<const pattern*> patterns;  ///< those of the user's runners among them
    user_runners runners;                  ///< keeps those alive
    duration runner_limit = std::chrono::minutes{10};
    workload work;
    std::string profile;
    std::string command;  ///< as typed, without secrets
    server_choice servers;
    std::vector<scenario> scenarios;  ///< at least one; every pattern under each of them
    chaos_plan chaos;
    double target_time_s = 0;               ///< for the report; 0: none
    std::uint64_t memory_budget_bytes = 0;  ///< for the report; 0: none
    std::uint64_t rounds = 1;               ///< each pattern once in each, in the order of plan_rounds()
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

/// Who is told how it goes. All are called on the session's thread.
struct session_observer {
    std::function<void(const std::string&)> message = [](const std::string&) {};  ///< a step, or a warning
    std::function<void(const pattern&, const run_place&, std::chrono::duration<double> floor)> run_starts =
        [](const pattern&, const run_place&, std::chrono::duration<double>) {};
    std::function<void(const pattern&, const recorder&, std::uint64_t rss)> run_goes =
        [](const pattern&, const recorder&, std::uint64_t) {};
    std::function<void(const run_result&)> run_ended = [](const run_result&) {};
    /// After every run, with all there is so far, marked as interrupted: what would be left if the box went down now.
    std::function<void(const session_result&)> can_be_saved = [](const session_result&) {};
};

struct session_outcome {
    session_result result;
    int signal = 0;  ///< SIGINT or SIGTERM when one ended it early
};

/// A pattern could not do its run: the box cannot hold it, or it did not end by itself. Everything else, such as a
/// server that does not start, is a plain setup_error.
class run_failure : public setup_error {
public:
    run_failure(std::string_view pattern, const std::string& what) : setup_error(what), pattern_(pattern) {}
    [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }  ///< its id

private:
    std::string pattern_;
};

/// What the box cannot hold is found out, and said with the numbers, before anything is started. Throws
/// setup_error when nothing could be measured: run_failure when it is the pattern's.
[[nodiscard]] session_outcome run_session(const session_settings& settings, const session_observer& observer);

}  // namespace pipebench
