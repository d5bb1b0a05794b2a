// The tables of what went wrong: what waited, what a kill cost, and which patterns are ready for production. Pure.
#pragma once

#include "analysis/readiness.hpp"
#include "analysis/summary.hpp"
#include "report/text_table.hpp"

#include <vector>

namespace pipebench::reporting {

/// "Under way": mean and peak of what was in flight and of what waited; retries, and what the API refused.
[[nodiscard]] table pressure_table(const std::vector<pattern_summary>& patterns);

/// "After the kill"; without rows where nothing was killed.
[[nodiscard]] table recovery_table(std::vector<pattern_summary> patterns);

/// "Production ready?"
[[nodiscard]] table readiness_table(const std::vector<readiness>& all);

/// How to read it: the rules, and what was not tried.
[[nodiscard]] std::vector<std::string> readiness_lines(const session_result& r);

}  // namespace pipebench::reporting
