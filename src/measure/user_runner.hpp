// A runner: a user's program that is measured like the patterns (--runner 'NAME=COMMAND', docs/runners.md).
#pragma once

#include "measure/contestant.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr duration default_runner_limit = std::chrono::minutes{10};

class user_runner final : public contestant {
public:
    /// `command` is run by /bin/sh.
    user_runner(std::string name, std::string command, duration limit)
        : name_(std::move(name)), command_(std::move(command)), limit_(limit) {}

    [[nodiscard]] const std::string& command() const noexcept { return command_; }

    [[nodiscard]] std::string_view id() const noexcept override { return name_; }
    [[nodiscard]] std::string_view title() const noexcept override { return name_; }
    [[nodiscard]] needs needs_at(const workload& work) const override;
    [[nodiscard]] order_reports reports() const noexcept override { return order_reports::in_lines; }
    [[nodiscard]] bool may_restart() const noexcept override { return false; }
    [[nodiscard]] std::optional<duration> time_limit() const noexcept override { return limit_; }
    [[nodiscard]] forks_from forks() const noexcept override { return forks_from::any_thread; }
    [[nodiscard]] child_process start(const run_start& with) const override;
    void ask_to_end(pid_t run) const noexcept override;
    bool kill_remains(pid_t run) const noexcept override;
    void delete_keys(const std::string& redis, const std::string& prefix) const noexcept override;
    [[nodiscard]] std::string describe_failure(const run_observation& seen) const override;

private:
    std::string name_, command_;
    duration limit_;
};

/// Parses "NAME=COMMAND". Throws setup_error for another form, and if the shell does not find the command.
[[nodiscard]] std::shared_ptr<const user_runner> parse_runner(std::string_view text,
                                                              duration limit = default_runner_limit);

/// The inherited environment without PIPEBENCH_* variables, plus the variables of the contract.
[[nodiscard]] std::vector<std::string> runner_environment(const run_spec& spec);

/// Resources that a runner needs in the servers.
[[nodiscard]] needs needs_of_runner(const workload& work);

}  // namespace pipebench
