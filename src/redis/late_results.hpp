// What workers elsewhere have put on the stream of results after the source of a run has stopped reading it.
#pragma once

#include "pipebench/order_log.hpp"
#include "system/patience.hpp"

#include <string>

namespace pipebench {

/// Ends each order of which there is a result and that has not ended yet, as its result says. `url` and `key_prefix`:
/// of the run's stream. Throws redis_error, and `interrupted` after a signal.
void end_by_late_results(const std::string& url, const std::string& key_prefix, order_log log, const patience& until);

}  // namespace pipebench
