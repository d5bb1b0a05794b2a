// What a wrong command line is told, in our own words. Includes CLI11: only command.cpp includes it.
#pragma once

#include "contracts/error.hpp"

#include <CLI/CLI.hpp>

namespace pipebench {

/// `command`: as far as it was parsed. Says what is wrong, where, and how to correct it.
[[nodiscard]] setup_error usage_error(const CLI::ParseError& e, const CLI::App& command);

}  // namespace pipebench
