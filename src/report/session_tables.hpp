// The tables of a session, as text and markdown show them: one row a pattern, over all its rounds. Pure. A row that
// must not be trusted begins with "! " and has the tone of an alarm.
#pragma once

#include "analysis/summary.hpp"
#include "report/table.hpp"

#include <vector>

namespace pipebench::reporting {

/// The result with every text in it printable(), but for the parameters.
[[nodiscard]] session_result printable_copy(session_result r);

/// The table. With several rounds, how much time and CPU varied stands beside them.
[[nodiscard]] table main_table(const std::vector<pattern_summary>& patterns);

/// "Around it": what the orders, the ledger and the API saw.
[[nodiscard]] table around_table(const std::vector<pattern_summary>& patterns);

/// "Beside it": processes and memory of the tree, and what the services and the harness cost.
[[nodiscard]] table beside_table(const std::vector<pattern_summary>& patterns);

}  // namespace pipebench::reporting
