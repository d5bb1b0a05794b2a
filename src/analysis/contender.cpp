#include "analysis/contender.hpp"

#include <algorithm>

namespace pipebench {

bool can_be_best(const run_result& run) {
    if (!run.verdict.trusted() || run.interrupted || run.not_stored() > 0) return false;
    if (!run.load) return true;
    const auto& asked = run.load->objectives;
    return !run.load->saturated && std::none_of(asked.begin(), asked.end(), [](const auto& o) {
        return o.verdict == objective_verdict::not_met;
    });
}

}  // namespace pipebench
