// What a run and its servers use while it goes, for whoever watches it.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/series.hpp"
#include "pipebench/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace pipebench {

struct service_glance {
    service name = service::mock_api;
    double cpu_s = 0;  ///< since the run began; NaN: not known
    known_bytes rss_bytes{}, pss_bytes{};
};

struct run_glance {
    std::uint64_t rss_bytes = 0;  ///< of the run, at each reading
    /// How often the rest was looked at; 0: never (run_request::glances).
    std::uint64_t number = 0;
    double cpu_s = std::numeric_limits<double>::quiet_NaN();  ///< of the run; NaN: not known
    known_bytes pss_bytes;
    std::uint64_t processes = 0;
    /// False: an order counts as begun at its end, so that nothing is known of those in flight (workers elsewhere, and a
    /// runner that does not tell).
    bool begins_known = true;
    stream_depth stream;
    std::vector<service_glance> services;
    std::vector<joined_worker> workers;  ///< elsewhere
    /// Of them: how many are there and missing, and the orders that those who are there have in hand.
    std::uint64_t workers_present = 0, workers_missing = 0, in_hand = 0;
};

/// How often. Between two of them lies a hundred times the time that one takes, if that is longer.
inline constexpr std::chrono::milliseconds glance_interval{1000};

/// Called at each reading, 10 to 1,000 times per second.
using on_progress = std::function<void(const recorder&, const run_glance&)>;

}  // namespace pipebench
