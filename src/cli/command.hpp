// The subcommands, each in a file of its own: it declares its options on a CLI::App, and gives back what to do
// once they are parsed.
#pragma once

#include "contracts/error.hpp"
#include "pipebench/result.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace pipebench {

using action = std::function<exit_code()>;

struct subcommand {
    const char* name;
    const char* summary;
    action (*declare)(CLI::App&);
};

/// The table. Names that begin with '_' are for pipebench itself and are not shown.
[[nodiscard]] std::span<const subcommand> subcommands() noexcept;

action declare_run(CLI::App& app);
action declare_report(CLI::App& app);
action declare_compare(CLI::App& app);
action declare_gate(CLI::App& app);
action declare_sweep(CLI::App& app);
action declare_list(CLI::App& app);
action declare_doctor(CLI::App& app);
action declare_mock_api(CLI::App& app);
action declare_services(CLI::App& app);
action declare_run_child(CLI::App& app);

/// What a measurement is to the caller: one that is not to be trusted answers no assertion.
[[nodiscard]] exit_code code_of(const session_result& r, const std::vector<assertion_outcome>& asked);

/// Parses and carries out. Throws setup_error for whatever cannot be done; prints nothing then.
[[nodiscard]] exit_code run_command_line(std::vector<std::string> arguments);

}  // namespace pipebench
