#include "analysis/floor.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/traffic.hpp"

#include <algorithm>

namespace pipebench {

std::chrono::duration<double> floor_of(const workload& work, std::uint64_t in_flight, double cores) {
    if (work.arrive.open()) return arrival_schedule(work).last();
    const std::chrono::duration<double> latency = latency_of(work), cost = work.transform_cost.mean;
    const auto at_once = std::clamp<std::uint64_t>(in_flight, 1, std::max<std::uint64_t>(work.orders, 1));
    const auto waiting = latency * (static_cast<double>(work.orders) / static_cast<double>(at_once));
    const auto working = cost * (static_cast<double>(work.orders) / (cores > 0 ? cores : 1));
    const auto without_limit = std::max(waiting, working);
    if (work.rate_limit == 0) return without_limit;
    const auto beyond_burst = work.orders - std::min(work.orders, traffic::burst_of(work.rate_limit));
    const std::chrono::duration<double> sending{static_cast<double>(beyond_burst) /
                                                static_cast<double>(work.rate_limit)};
    return std::max(without_limit, sending);
}

double floor_tolerance(const workload& work) {
    const bool exact = work.http.spread.kind == jitter::shape::none && work.transform_cost.none();
    return exact ? 0 : 0.05;
}

}  // namespace pipebench
