// "Production ready?": what was measured under all scenarios of a session, held against rules. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Worst first; all that apply are said.
enum class finding : std::uint8_t {
    loses_work,          ///< the ledger found orders lost, corrupt or unexpected
    breaks,              ///< orders were never done, or failed for want of resources of this box
    duplicates_effects,  ///< orders were written more than once
    throttled,           ///< the API answered more than a twentieth of the requests with 429
    fails_orders,        ///< more than one in a thousand failed that a better policy would have stored
    over_memory,         ///< peak RSS over --memory-budget
    too_slow,            ///< longer than --target-time
};

/// Each finding's rule in words, in the order above, for whoever reads the verdict.
inline constexpr std::array<std::string_view, 7> readiness_rules{
    "loses work: the ledger found a lost, corrupt or unexpected order",
    "breaks: orders were never done, or failed for want of descriptors, ports or memory",
    "duplicates effects: orders were written twice; harmless only where the write is idempotent, as it is here",
    "throttled: more than 5 % of the requests got 429",
    "fails orders: more than 0.1 % failed for what was not their own fault",
    "over memory budget: peak RSS (the median of the rounds) above --memory-budget",
    "too slow: the time (the median of the rounds) is beyond --target-time"};

struct readiness {
    std::string pattern;
    std::string verdict;               ///< "ready", "ready, as far as tried", "not known", or the findings' names
    std::vector<std::string> reasons;  ///< one a finding, with its number and its scenario
    bool is_ready = false;             ///< nothing was found, and more than clean runs were made
};

/// One a pattern, in the order of the first round.
[[nodiscard]] std::vector<readiness> assess(const session_result& r);

/// What this session cannot say, and the options that would: one line each. The same for all patterns.
[[nodiscard]] std::vector<std::string> not_tried(const session_result& r);

}  // namespace pipebench
