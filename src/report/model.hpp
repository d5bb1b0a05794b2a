// The content of a report on one result, computed once. Every format renders the same model. Pure.
#pragma once

#include "analysis/ranking.hpp"
#include "analysis/readiness.hpp"
#include "analysis/summary.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

/// The measurements under one scenario.
struct scenario_report {
    std::string scenario;
    std::vector<pattern_summary> patterns;  ///< one for each row, in the order of the first round
    std::vector<ranking> rankings;
};

struct report_model {
    const session_result& result;            ///< as it is saved
    session_result shown;                    ///< the same, with every text printable() except the parameters
    std::vector<scenario_report> scenarios;  ///< in the order of the runs; at least one
    std::vector<readiness> production;       ///< "Production ready?"; empty unless asks_for_readiness()
    std::vector<std::string> advice;
};

/// `r` must outlive the model.
[[nodiscard]] report_model model_of(const session_result& r);

/// Whether the session asked if the patterns are ready for production: by a scenario, a kill, a target or a budget.
[[nodiscard]] bool asks_for_readiness(const session_result& r);

}  // namespace pipebench
