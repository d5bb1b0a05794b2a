// What a session does now, as one JSON document: what `pipebench watch` shows. docs/observe.md describes it.
#pragma once

#include "metrics/live_session.hpp"

#include <string>

namespace pipebench {

/// Reads the clock and the record of the run that goes.
[[nodiscard]] std::string status_of(const live_session& session);

}  // namespace pipebench
