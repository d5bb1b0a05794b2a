// What to think of a row. Pure: from the measured numbers alone.
#pragma once

#include "pipebench/result.hpp"

namespace pipebench {

/// The context of a row that is not in the row.
struct verdict_context {
    std::uint64_t cores = 1;
    double floor_tolerance = 0;  ///< share by which a true time may be below the floor
    build_info build;
};

[[nodiscard]] verdict judge(const run_result& run, const verdict_context& context);

}  // namespace pipebench
