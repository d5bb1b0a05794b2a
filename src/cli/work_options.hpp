// What run, gate and sweep share: the options that say what is run, how often, and on which servers.
#pragma once

#include "cli/profiles.hpp"
#include "pipebench/pattern.hpp"
#include "session/session.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pipebench {

struct work_options {
    std::vector<std::string> patterns{"all"};
    std::string profile{profiles().front().id};
    std::uint64_t orders = workload{}.orders;
    unsigned concurrency = default_concurrency;
    std::vector<std::function<void(workload&)>> changes;  ///< of single parameters, over the profile
};
using work_options_ptr = std::shared_ptr<work_options>;

/// A session: that work, on these servers, so many times.
struct session_options {
    work_options_ptr work = std::make_shared<work_options>();
    std::shared_ptr<server_choice> servers = std::make_shared<server_choice>();
    std::uint64_t rounds = 1, warmup = 0;
    double busy_limit = default_busy_limit;
    watching watch = watching::all;
    bool profile_stages = false;
    std::vector<std::string> runners;  ///< NAME=COMMAND
    duration runner_limit = std::chrono::minutes{10};
    std::vector<std::string> scenarios{std::string(calm)};
    chaos_plan chaos;
    duration target_time{};  ///< 0: none
    std::uint64_t memory_budget_bytes = 0;
    duration grace = std::chrono::seconds{5};
};
using session_options_ptr = std::shared_ptr<session_options>;

/// Patterns, profile and every parameter of the workload.
void declare_work(CLI::App& app, const work_options_ptr& o);
void declare_servers(CLI::App& app, const std::shared_ptr<server_choice>& choice);
/// --repeat, --warmup and --busy-limit.
void declare_rounds(CLI::App& app, const session_options_ptr& o);
/// --scenario, --chaos, --target-time and --memory-budget.
void declare_trouble(CLI::App& app, const session_options_ptr& o);
/// --runner and --runner-limit.
void declare_run_childs(CLI::App& app, const session_options_ptr& o);
void declare_grace(CLI::App& app, const session_options_ptr& o);

/// These throw setup_error, which names the option.
[[nodiscard]] workload workload_of(const work_options& options);
[[nodiscard]] std::vector<const pattern*> patterns_of(const work_options& options);
[[nodiscard]] session_settings settings_of(const session_options& options);

/// The same work for another pipebench's `run`, in its words: profile, orders, and what was given besides. The pattern
/// is left out.
[[nodiscard]] std::vector<std::string> work_arguments(const CLI::App& app, const work_options& options);

/// What is wrong with an address is said before anything is started. The target gets its normal form.
void check_addresses(server_choice& choice);

/// As typed; what may hold a secret is left out.
[[nodiscard]] std::string printable_command();

}  // namespace pipebench
