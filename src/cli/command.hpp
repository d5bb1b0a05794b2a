// The subcommands, one file each. A subcommand is an object that owns its options, declares them, and does its work
// after they are parsed.
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
    command(const command&) = delete;  // declared options refer to its members
    command& operator=(const command&) = delete;
    virtual ~command() = default;

    virtual void declare(option_set& options) = 0;
    virtual exit_code run() = 0;
};

struct subcommand {
    const char* name;
    const char* summary;
    std::unique_ptr<command> (*make)();
    std::span<const char* const> exit_codes{};  ///< those that it can return: the lines about them in --help
};

/// The table of subcommands. Names that begin with '_' are internal and not shown.
[[nodiscard]] std::span<const subcommand> subcommands() noexcept;
[[nodiscard]] inline bool is_internal(const subcommand& c) noexcept { return c.name[0] == '_'; }

/// What --help says besides the options.
struct help_texts {
    const char* about;
    const char* examples;
    std::string ending;     ///< all exit codes, and how values are written
    const char* help_flag;  ///< of -h, --help
};
[[nodiscard]] help_texts texts_of_help();

std::unique_ptr<command> make_run();
std::unique_ptr<command> make_report();
std::unique_ptr<command> make_compare();
std::unique_ptr<command> make_gate();
std::unique_ptr<command> make_sweep();
std::unique_ptr<command> make_plan();
std::unique_ptr<command> make_list();
std::unique_ptr<command> make_doctor();
std::unique_ptr<command> make_mock_api();
std::unique_ptr<command> make_services();
std::unique_ptr<command> make_worker();
std::unique_ptr<command> make_watch();
std::unique_ptr<command> make_version();
std::unique_ptr<command> make_man_page();
std::unique_ptr<command> make_completions();
std::unique_ptr<command> make_run_child();
std::unique_ptr<command> make_transform_child();
std::unique_ptr<command> make_metrics_child();
std::unique_ptr<command> make_watch_child();

/// Makes a command without options.
[[nodiscard]] std::unique_ptr<command> without_options(exit_code (*work)());

/// Exit code of a measurement. Assertions do not count if the measurement is invalid.
[[nodiscard]] exit_code code_of(const session_result& r, const std::vector<assertion_outcome>& asked);

/// Parses `arguments` into the options of `it`; the first argument is the name of `chosen`. Returns the output of
/// --help or --version, or nullopt if there is a command to run. Both pointers are null if the first argument is one
/// of these options. Throws setup_error.
[[nodiscard]] std::optional<std::string> parse(std::vector<std::string> arguments, const subcommand* chosen,
                                               command* it);

/// Parses and executes. Throws setup_error, without printing it, if that is impossible.
[[nodiscard]] exit_code run_command_line(std::vector<std::string> arguments);

}  // namespace pipebench
