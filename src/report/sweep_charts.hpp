// The charts of a sweep, and of a search under open load. Pure.
#pragma once

#include "analysis/load_search.hpp"
#include "analysis/sweep.hpp"
#include "report/chart.hpp"

#include <vector>

namespace pipebench::reporting {

/// One chart for each metric: a line for each pattern, with marks where the lead changes.
[[nodiscard]] std::vector<chart> charts_of(const sweep_outcome& s);

/// The p99 of every point that was measured.
[[nodiscard]] std::vector<chart> charts_of(const load_search_outcome& s);

}  // namespace pipebench::reporting
