// The tables of a session, as text and markdown show them: one row for each pattern, over all its rounds. Pure. A row
// that must not be trusted begins with "! " and has the tone of an alarm.
#pragma once

#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// The table. With several rounds, how much time and CPU varied stands beside them.
[[nodiscard]] table main_table(const std::vector<pattern_summary>& patterns);

using pattern_columns = std::vector<column_of<pattern_summary>>;

/// A table of these columns behind the name of the pattern.
[[nodiscard]] table pattern_table(const std::vector<pattern_summary>& patterns, pattern_columns columns);
/// What the API has counted; "-" where its view is not known.
[[nodiscard]] std::string api_cell(const run_result& r, std::uint64_t count);

struct titled_table {
    std::string title;
    table content;
};
/// Those that stand below it: what the orders, the ledger and the API saw; where CPU time went, where it was sampled;
/// what waited; what a kill cost, where there was one; and what processes, services and the harness used.
[[nodiscard]] std::vector<titled_table> further_tables(const std::vector<pattern_summary>& patterns);

/// "Scenario flaky: ..." where it is not clean, or one of several; empty otherwise.
[[nodiscard]] std::string scenario_heading(const std::string& scenario, std::size_t parts);

}  // namespace pipebench::reporting
