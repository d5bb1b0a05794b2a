// The options of a session, shared by run and sweep: work, servers, rounds and trouble.
#pragma once

#include "cli/server_options.hpp"
#include "cli/work_options.hpp"
#include "measure/user_runner.hpp"
#include "session/session.hpp"

#include <string>
#include <vector>

namespace pipebench {

struct session_options {
    work_options work;
    server_choice servers;
    std::uint64_t rounds = 1, warmup = 0;
    double busy_limit = default_busy_limit;
    watching watch = watching::all;
    bool profile_stages = false;
    bool loop_lag = false;
    bool no_yardstick = false;
    std::vector<std::string> runners;  ///< NAME=COMMAND
    duration runner_limit = default_runner_limit;
    std::vector<std::string> scenarios{std::string(clean_scenario)};
    chaos_plan chaos;
    std::string chaos_command;
    duration target_time{};                 ///< 0: none
    std::uint64_t memory_budget_bytes = 0;  ///< 0: none
    duration grace = std::chrono::seconds{5};
    join_settings join{.name = {}, .expected = 0};  ///< no name: all workers are here
};

void declare_rounds(option_set& options, session_options& o);   ///< --repeat, --warmup, --busy-limit
void declare_trouble(option_set& options, session_options& o);  ///< --scenario, --chaos, --target-time, ...
/// Parts of these, for a command that does not have all of them.
void declare_busy_limit(option_set& options, session_options& o);
void declare_scenario(option_set& options, session_options& o);
void declare_runners(option_set& options, session_options& o);  ///< --runner, --runner-limit
void declare_grace(option_set& options, session_options& o);
void declare_join(option_set& options, session_options& o);  ///< --session, --expect-workers, --join-timeout

/// Throws setup_error; its message names the option.
[[nodiscard]] session_settings settings_of(const session_options& options);

}  // namespace pipebench
