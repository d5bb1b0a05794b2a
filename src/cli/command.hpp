// The subcommands, each in a file of its own: an object that owns its options, declares them, and does its work once
// they are parsed.
#pragma once

#include "contracts/error.hpp"
#include "pipebench/result.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pipebench {

class option_set;

class command {
public:
    command() = default;
    command(const command&) = delete;  // what it declares refers to its members
    command& operator=(const command&) = delete;
    virtual ~command() = default;

    virtual void declare(option_set& options) = 0;
    virtual exit_code run() = 0;
};

struct subcommand {
    const char* name;
    const char* summary;
    std::unique_ptr<command> (*make)();
};

/// The table. Names that begin with '_' are for pipebench itself and are not shown.
[[nodiscard]] std::span<const subcommand> subcommands() noexcept;

std::unique_ptr<command> make_run();
std::unique_ptr<command> make_report();
std::unique_ptr<command> make_compare();
std::unique_ptr<command> make_gate();
std::unique_ptr<command> make_sweep();
std::unique_ptr<command> make_list();
std::unique_ptr<command> make_doctor();
std::unique_ptr<command> make_mock_api();
std::unique_ptr<command> make_services();
std::unique_ptr<command> make_run_child();

/// A command that has no options.
[[nodiscard]] std::unique_ptr<command> without_options(exit_code (*work)());

/// Of a measurement: one that is not to be trusted answers no assertion.
[[nodiscard]] exit_code code_of(const session_result& r, const std::vector<assertion_outcome>& asked);

/// Lets `it` take its options from `arguments`, of which the first is the name of `chosen`. Gives back what --help or
/// --version print; nothing when there is a command to run. Both pointers are null where the first argument is such a
/// general option. Throws setup_error.
[[nodiscard]] std::optional<std::string> parse(std::vector<std::string> arguments, const subcommand* chosen,
                                               command* it);

/// Parses and carries out. Throws setup_error for whatever cannot be done; prints nothing then.
[[nodiscard]] exit_code run_command_line(std::vector<std::string> arguments);

}  // namespace pipebench
