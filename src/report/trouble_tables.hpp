// The tables of trouble: waiting, recovery after a kill, and readiness for production. Pure.
#pragma once

#include "analysis/readiness.hpp"
#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// "Under way": mean and peak of the orders in flight and waiting; retries, and requests that the API refused.
[[nodiscard]] table pressure_table(const std::vector<pattern_summary>& patterns);

/// "After the kill"; without rows if there was no kill.
[[nodiscard]] table recovery_table(std::vector<pattern_summary> patterns);

/// "Production ready?"
[[nodiscard]] table readiness_table(const std::vector<readiness>& all);

/// Explains the readiness table: the rules, and the untested cases.
[[nodiscard]] std::vector<std::string> readiness_lines(const session_result& r, bool with_rules = true);

}  // namespace pipebench::reporting
