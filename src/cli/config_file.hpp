// --config FILE and --print-config: options of a command in a TOML file. Includes CLI11: only command.cpp includes it.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace pipebench {

/// Declares both, for --help.
void declare_config(CLI::App& command);

/// Takes --config FILE out of the words of a command line, and puts the options of the file in its place: those that the
/// words have themselves are left out. `command` has its options declared. Throws setup_error for a file that cannot be
/// read, and for a key that the command does not have.
void insert_config(std::vector<std::string>& words, const CLI::App& command);

/// The file that says the same as the words that were parsed. Addresses of servers hold secrets and are left out.
[[nodiscard]] std::string printed_config(const CLI::App& command);

}  // namespace pipebench
