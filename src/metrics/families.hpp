// The metrics of a session, of a worker elsewhere, and of the mock API, in Prometheus's text format. docs/observe.md lists
// them. What is not known is absent. Labels: pattern and scenario, and words of fixed lists; no pid, no host.
#pragma once

#include "contracts/api_counters.hpp"
#include "metrics/live_session.hpp"

#include <string>

namespace pipebench {

/// Reads the clock, the record of the run that goes, and the box.
[[nodiscard]] std::string metrics_of(live_session& session);

/// What a mock API is asked about, besides its counters.
struct api_now {
    api_view counters;
    std::uint64_t concurrent = 0, open_connections = 0;
    double latency_s = 0;  ///< that it simulates, on average
};
[[nodiscard]] std::string metrics_of(const api_now& api);

}  // namespace pipebench
