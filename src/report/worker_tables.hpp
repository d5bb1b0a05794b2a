// The tables of workers on other machines, and of those machines. Pure.
#pragma once

#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// A row for each worker, a host after the other; without rows if the runs had none elsewhere.
[[nodiscard]] table workers_table(const std::vector<pattern_summary>& patterns);
/// The same by host; without rows if each worker has a host of its own.
[[nodiscard]] table hosts_table(const std::vector<pattern_summary>& patterns);

}  // namespace pipebench::reporting
