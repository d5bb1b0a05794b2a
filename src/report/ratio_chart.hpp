// The chart of a comparison or a gate: ratios with their intervals. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "report/chart.hpp"

#include <string>
#include <vector>

namespace pipebench::reporting {

/// What a row of a comparison or of a gate says.
struct ratio_row {
    std::string name;
    ratio_estimate estimate;
    change verdict = change::cannot_tell;
};

/// One row for each ratio, a series for each verdict; 1 is marked. Rows without a ratio are left out.
[[nodiscard]] chart ratio_chart(std::string title, const std::vector<ratio_row>& rows);

}  // namespace pipebench::reporting
