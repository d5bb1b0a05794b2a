// The marks on the charts over time: kills, outages, and where an open run's load begins and ends.
#pragma once

#include "pipebench/result.hpp"
#include "report/chart.hpp"

#include <vector>

namespace pipebench::reporting {

/// From the events of the run; of a result without events, from its recovery and its scenario.
[[nodiscard]] std::vector<chart_mark> marks_of(const run_result& run);

}  // namespace pipebench::reporting
