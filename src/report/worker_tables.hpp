// The table of workers on other machines. Pure.
#pragma once

#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// A row for each worker, a host after the other; without rows if the runs had none elsewhere.
[[nodiscard]] table workers_table(const std::vector<pattern_summary>& patterns);

}  // namespace pipebench::reporting
