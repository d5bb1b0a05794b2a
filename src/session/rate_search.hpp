// Searches for each pattern the highest rate at which its objectives are met: doubles or bisects, and confirms the
// rate that it has found with a longer run.
#pragma once

#include "session/load_search.hpp"

#include <optional>

namespace pipebench {

struct rate_search_settings {
    session_settings session;        ///< of all patterns; its work has objectives, and its rate is replaced
    std::optional<duration> length;  ///< of every point; nullopt: as long as the objectives require
};

/// Main thread only; a signal ends it early, and what is known then is in the outcome. A pattern whose run is
/// INVALID, or that the machine cannot hold, has no answer, with the reason. Throws setup_error before any start if no
/// rate can meet the objectives, and if the session of the first point cannot start.
[[nodiscard]] load_search_outcome run_rate_search(const rate_search_settings& settings,
                                                  const load_search_observer& observer);

/// The same with the caller's function in place of run_session().
[[nodiscard]] load_search_outcome run_rate_search(const rate_search_settings& settings,
                                                  const load_search_observer& observer,
                                                  const session_function& measure);

}  // namespace pipebench
