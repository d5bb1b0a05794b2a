// How a session goes, on stderr: one live line per run on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include "session/session.hpp"

#include <CLI/CLI.hpp>

namespace pipebench {

enum class verbosity : std::uint8_t { quiet, normal };

/// -q, --quiet
void add_quiet_option(CLI::App& app, verbosity& speech);

/// The observer lives as long as its copies do. Quiet: nothing at all.
[[nodiscard]] session_observer make_progress_observer(verbosity v);

}  // namespace pipebench
