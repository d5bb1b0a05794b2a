// What queueing theory expects of an open run before it begins. Pure.
#pragma once

#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

struct forecast_terms {
    const workload& work;               ///< with arrivals
    std::uint64_t in_flight_limit = 0;  ///< of the pattern
    bool bounded = true;                ///< false: only the machine limits the orders in flight
    double service_s = 0;               ///< simulated time of one order without its wait; 0: not known
    std::uint64_t behind_another = 0;   ///< see needs
};

/// Of a ramp or steps: at the highest rate.
[[nodiscard]] load_forecast forecast_of(const forecast_terms& terms);

/// The smallest limit that meets the objectives by Erlang's formula; nullopt if none does, or it says nothing.
[[nodiscard]] std::optional<std::uint64_t> fewest_in_flight_for(const forecast_terms& terms);

/// In a line: "semaphore: 13.9/s x 200 ms is a load of 2.78 erlang, 55.6 % of 5 in flight: waits of up to ...".
[[nodiscard]] std::string describe(const load_forecast& f, std::string_view pattern, const forecast_terms& terms);

}  // namespace pipebench
