// The least time that a run can take with any pattern, by Little's law. Pure.
#pragma once

#include "pipebench/workload.hpp"

#include <chrono>

namespace pipebench {

/// N orders of latency L with at most K in flight need at least N x L / K, and at least one latency (J. D. C. Little,
/// "A Proof for the Queuing Formula L = lambda W", 1961). L is latency_of(); a real machine can only add to it. The
/// CPU cost of the transforms, over all cores, gives a second lower bound, and a rate limit a third. An open run lasts
/// until the last arrival, whoever carries the orders out.
[[nodiscard]] std::chrono::duration<double> floor_of(const workload& work, std::uint64_t in_flight, double cores = 1);

/// The share by which a correct time may be below the floor; 0 unless latencies have jitter, or the transform
/// has a cost, whose calibration is not exact.
[[nodiscard]] double floor_tolerance(const workload& work);

}  // namespace pipebench
