// The verdict of a gate: one binary against another, measured side by side, round by round, with a second series of
// the old one (an A/A pair) that shows what this box makes of no change at all. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

inline constexpr std::uint64_t default_gate_rounds = 11;
inline constexpr std::uint64_t fewest_gate_rounds = 8;
/// Two-sided; a gate asks one side of it: 5 % of unchanged rows would be suspects on significance alone.
inline constexpr double gate_alpha = 0.10;

/// What was measured: the same patterns in all three, paired by round.
struct gate_series {
    session_result base, again, head;
};

struct gate_row {
    std::string pattern;
    const metric* what = nullptr;
    double base = 0, head = 0;  ///< medians over the rounds; base: of both its series
    ratio_estimate estimate;    ///< head / base by round, base being the geometric mean of its two runs of the round
    double noise = 1;           ///< base again / base: the median ratio of the A/A pair
    double relative_threshold = 0;
    change verdict = change::cannot_tell;
    std::string why;
};

/// Time, CPU per order, PSS and errors, unless thresholds name others besides.
[[nodiscard]] std::vector<threshold> gate_thresholds(const std::vector<threshold>& given);

/// One row for each pattern and metric. A change needs all four: the interval without 1, the relative threshold, the
/// absolute floor, and to be larger than the A/A pair's.
[[nodiscard]] std::vector<gate_row> judge_series(const gate_series& s, const std::vector<threshold>& thresholds,
                                                 double alpha);

/// The patterns of the rows that got worse, each once.
[[nodiscard]] std::vector<std::string> offenders(const std::vector<gate_row>& rows);

/// Of the suspects, those that a second series, measured for them alone, found worse again.
struct gate_verdict {
    std::vector<gate_row> rows;          ///< of the first series
    std::vector<gate_row> confirmation;  ///< of the second, for the patterns that were suspects; empty: none were
    [[nodiscard]] std::vector<gate_row> regressions() const;
    [[nodiscard]] bool passed() const { return regressions().empty(); }
};

/// All that a gate has to say.
struct gate_outcome {
    gate_series series, confirmation;
    gate_verdict verdict;
    std::string base_binary, head_binary, base_version, head_version;
    std::string command;  ///< as typed, without secrets
    std::vector<std::string> warnings;
    std::vector<std::string> unbalanced;  ///< runs whose ledger did not balance: "head, semaphore, round 3: ..."
    std::uint64_t rounds = 0;
    double session_s = 0;
    int signal = 0;  ///< SIGINT or SIGTERM: it ended early, and there is no verdict
};

}  // namespace pipebench
