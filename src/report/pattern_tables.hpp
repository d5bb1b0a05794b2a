// The tables of a session, as text and markdown show them: one row for each pattern, over all its rounds. Pure. An
// untrusted row begins with "! " and has the tone of an alarm.
#pragma once

#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// With several rounds, it also shows the variation of time and CPU.
[[nodiscard]] table main_table(const std::vector<pattern_summary>& patterns);

using pattern_columns = std::vector<column_of<pattern_summary>>;

/// A table with the name of the pattern, followed by these columns.
[[nodiscard]] table pattern_table(const std::vector<pattern_summary>& patterns, pattern_columns columns);
/// A count of the API; "-" if its counters are unknown.
[[nodiscard]] std::string api_cell(const run_result& r, std::uint64_t count);
/// A count of the ledger; "-" if it was not checked.
[[nodiscard]] std::string ledger_cell(const run_result& r, std::uint64_t count);

struct titled_table {
    std::string title;
    table content;
    bool is_detail = false;  ///< a terminal shows it on request only
};
/// The tables below the main one: orders, ledger and API counts; CPU time by section, if sampled; waiting; the cost
/// of a kill, if any; and the resources used by processes, services and the harness.
[[nodiscard]] std::vector<titled_table> further_tables(const std::vector<pattern_summary>& patterns);

/// "Scenario flaky: ..."; empty if the session has only the clean scenario.
[[nodiscard]] std::string scenario_heading(const std::string& scenario, std::size_t parts);

}  // namespace pipebench::reporting
