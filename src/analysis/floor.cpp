#include "analysis/floor.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/traffic.hpp"

#include <algorithm>

namespace pipebench {

std::chrono::duration<double> floor_of(const workload& work, std::uint64_t in_flight) {
    if (work.arrive.open()) return arrival_schedule(work).last();
    const std::chrono::duration<double> latency = work.http.mean + work.db_latency;
    const auto at_once = std::clamp<std::uint64_t>(in_flight, 1, std::max<std::uint64_t>(work.orders, 1));
    const auto waiting = latency * (static_cast<double>(work.orders) / static_cast<double>(at_once));
    if (work.rate_limit == 0) return waiting;
    const auto beyond_burst = work.orders - std::min(work.orders, traffic::burst_of(work.rate_limit));
    const std::chrono::duration<double> sending{static_cast<double>(beyond_burst) /
                                                static_cast<double>(work.rate_limit)};
    return std::max(waiting, sending);
}

double floor_tolerance(const workload& work) { return work.http.spread.kind == jitter::shape::none ? 0 : 0.05; }

}  // namespace pipebench
