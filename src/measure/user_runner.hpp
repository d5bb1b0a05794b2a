// A program of the user's that stands beside the patterns: --runner 'NAME=COMMAND' (docs/runners.md).
#pragma once

#include "measure/run_spec.hpp"
#include "pipebench/pattern.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Owns the texts of its entry, which takes a pattern's place in a session.
class user_runner {
public:
    user_runner(std::string name, std::string command);
    user_runner(const user_runner&) = delete;
    user_runner& operator=(const user_runner&) = delete;

    [[nodiscard]] const pattern& entry() const noexcept { return entry_; }

private:
    std::string name_, command_;
    pattern entry_;
};
using user_runners = std::vector<std::shared_ptr<const user_runner>>;

/// "NAME=COMMAND". Throws setup_error: for a name that will not do, and where the shell finds no such command.
[[nodiscard]] std::shared_ptr<const user_runner> parse_runner(std::string_view text);

/// Ours, without our own variables, and what the contract promises.
[[nodiscard]] std::vector<std::string> runner_environment(const run_spec& spec);

/// What a program of the user's needs of the servers.
[[nodiscard]] needs needs_of_runner(const workload& work);

}  // namespace pipebench
