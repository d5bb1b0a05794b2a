// All that the formats say of one result, computed once. Every format renders the same model. Pure.
#pragma once

#include "analysis/ranking.hpp"
#include "analysis/readiness.hpp"
#include "analysis/summary.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

/// What was measured under one scenario.
struct scenario_report {
    std::string scenario;
    std::vector<pattern_summary> patterns;  ///< one for each row, in the order of the first round
    std::vector<ranking> rankings;
};

struct report_model {
    const session_result& result;            ///< as it is saved
    session_result shown;                    ///< the same, with every text printable() but for the parameters
    std::vector<scenario_report> scenarios;  ///< in the order in which they were run; at least one
    std::vector<readiness> production;       ///< "Production ready?" Empty unless somebody asked
    std::vector<std::string> advice;
};

/// `r` must outlive the model.
[[nodiscard]] report_model model_of(const session_result& r);

/// Whether the session asked if the patterns are ready for production: by a scenario, a kill, a target or a budget.
[[nodiscard]] bool asks_for_readiness(const session_result& r);

}  // namespace pipebench
