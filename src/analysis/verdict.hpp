// What to think of a row. Pure: from the measured numbers alone.
#pragma once

#include "pipebench/result.hpp"

#include <string>

namespace pipebench {

inline constexpr double default_busy_limit = 0.2;

/// The context of a row that is not in the row.
struct verdict_context {
    std::uint64_t cores = 1;
    std::uint64_t database_connections = 0;  ///< that the pattern uses
    double floor_tolerance = 0;              ///< share by which a true time may be below the floor
    double busy_limit = default_busy_limit;  ///< share of the box that others may use before the row is INVALID
    build_info build;
    std::string death;  ///< how the run ended, when it did not end by itself; empty: it did
};

[[nodiscard]] verdict judge(const run_result& run, const verdict_context& context);

}  // namespace pipebench
