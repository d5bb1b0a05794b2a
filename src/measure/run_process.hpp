// Executes one run in its own process and observes it until all of its processes have ended.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_glance.hpp"
#include "measure/run_observation.hpp"
#include "measure/run_request.hpp"
#include "system/signal_watch.hpp"

namespace pipebench {

/// Starts the run and observes it. After the first signal the run is asked to end; after the grace period or a second
/// signal it is killed. A run killed by others is restarted with the same record, as often as the request allows.
[[nodiscard]] run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                                          const on_progress& progress);

}  // namespace pipebench
