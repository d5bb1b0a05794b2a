// One run in a process of its own, watched from outside until it and all that it started is gone.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_observation.hpp"
#include "measure/run_request.hpp"
#include "system/signal_watch.hpp"

#include <functional>

namespace pipebench {

/// Called whenever the session looks at the run, ten to a thousand times a second, with its RSS.
using on_progress = std::function<void(const recorder&, std::uint64_t rss)>;

/// Starts the run and watches it. After the first signal it is asked to end, after the grace or a second one it
/// is killed. A run that is killed otherwise is started again, on the same record, as often as the request allows.
[[nodiscard]] run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                                          const on_progress& progress);

}  // namespace pipebench
