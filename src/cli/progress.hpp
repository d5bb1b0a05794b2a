// Prints the progress of a session on stderr: one live line per run on a terminal, else a line every few seconds.
#pragma once

#include "session/session.hpp"

namespace pipebench {

class option_set;

enum class verbosity : std::uint8_t { quiet, normal };

void declare_quiet(option_set& options, verbosity& speech);  ///< -q, --quiet

/// Copies of the observer share its state. If quiet, it prints nothing.
[[nodiscard]] session_observer make_progress_observer(verbosity v);

}  // namespace pipebench
