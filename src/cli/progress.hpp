// How a session goes, on stderr: one live line per run on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include "session/session.hpp"

namespace pipebench {

class option_set;

enum class verbosity : std::uint8_t { quiet, normal };

void declare_quiet(option_set& options, verbosity& speech);  ///< -q, --quiet

/// The observer lives as long as its copies do. Quiet: nothing at all.
[[nodiscard]] session_observer make_progress_observer(verbosity v);

}  // namespace pipebench
