// "Production ready?": applies rules to the measurements under all scenarios of a session. Pure.
#pragma once

#include "analysis/summary.hpp"
#include "pipebench/result.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Worst first; all that apply are reported.
enum class finding : std::uint8_t {
    loses_work,          ///< the ledger found orders lost, corrupt or unexpected
    breaks,              ///< orders never ended, or failed because the machine ran out of a resource
    duplicates_effects,  ///< orders were written more than once
    throttled,           ///< the API answered more than a twentieth of the requests with 429
    fails_orders,        ///< more than one in a thousand failed that a better policy would have stored
    over_memory,         ///< peak RSS over --memory-budget
    too_slow,            ///< longer than --target-time
};

/// The name of a finding, and its rule in words.
struct readiness_rule {
    std::string_view name, meaning;
};
/// One for each finding, in the same order.
inline constexpr std::array<readiness_rule, 7> readiness_rules{
    {{"loses work", "the ledger found a lost, corrupt or unexpected order"},
     {"breaks", "orders were never done, or failed for want of descriptors, ports or memory"},
     {"duplicates effects", "orders were written twice; harmless only where the write is idempotent, as it is here"},
     {"throttled", "more than 5 % of the requests got 429"},
     {"fails orders", "more than 0.1 % failed for what was not their own fault"},
     {"over memory budget", "peak RSS (the median of the rounds) above --memory-budget"},
     {"too slow", "the time (the median of the rounds) is beyond --target-time"}}};

struct evidence {
    finding what;
    std::string text;  ///< with its number and its scenario
};

enum class readiness_kind : std::uint8_t {
    ready,                  ///< after every kind of trouble was tried
    ready_as_far_as_tried,  ///< not_tried() lists the rest
    not_ready,              ///< there are findings
    not_trusted,            ///< unknown, because a row is not trusted
    not_tried,              ///< unknown, because no trouble has reached its runs
};

struct readiness {
    std::string pattern;
    readiness_kind kind = readiness_kind::not_tried;
    std::vector<evidence> against;  ///< worst first; empty unless not_ready

    [[nodiscard]] bool is_ready() const noexcept { return kind <= readiness_kind::ready_as_far_as_tried; }
};
/// "ready", "not known: ...", or the names of the findings, each once.
[[nodiscard]] std::string describe(const readiness& r);

/// One for each pattern, in the order of the first round. `rows`: summarise(r).
[[nodiscard]] std::vector<readiness> assess(const session_result& r, const std::vector<pattern_summary>& rows);

/// The questions that this session leaves open, each with the option that answers it; the same for all patterns.
[[nodiscard]] std::vector<std::string> not_tried(const session_result& r);

}  // namespace pipebench
