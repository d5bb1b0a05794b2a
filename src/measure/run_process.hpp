// One run in a process of its own, watched from outside until it and all that it started is gone.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_request.hpp"
#include "pipebench/result.hpp"
#include "system/box.hpp"
#include "system/child_process.hpp"
#include "system/signal_watch.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct run_observation {
    child_end end;  ///< of the last of its processes, with what all of them have used
    memory_usage memory;
    std::vector<service_usage> services;  ///< PSS; CPU where it is not known from elsewhere
    double harness_cpu_s = 0;
    box_time box;  ///< that passed meanwhile
    flight_view in_flight;
    series_view series;
    std::string struck;                            ///< the name of the first incident; empty: none came to pass
    unsigned runs = 1;                             ///< started
    std::vector<std::string> notes;                ///< what the run printed, line by line, bounded
    double cpu_before_start_s = 0;                 ///< of a program: what it used before it said that it starts
    bool out_of_time = false;                      ///< a program that took longer than its limit
    std::optional<std::uint64_t> in_flight_limit;  ///< that a program said it has
};

/// Called whenever the session looks at the run, ten to a thousand times a second, with its RSS.
using on_progress = std::function<void(const recorder&, std::uint64_t rss)>;

/// Starts the run and watches it. After the first signal it is asked to end, after the grace or a second one it
/// is killed. A run that is killed otherwise is started again, on the same record, as often as the request allows.
[[nodiscard]] run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                                          const on_progress& progress);

}  // namespace pipebench
