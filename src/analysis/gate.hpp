// The verdict of a gate: one binary against another, measured side by side, round by round, with a second series of
// the old one (an A/A pair) that shows what this box makes of no change at all. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

inline constexpr std::uint64_t default_gate_rounds = 12;
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
    ratio_estimate noise;       ///< base again / base: the A/A pair
    double relative_threshold = 0;
    change verdict = change::cannot_tell;
    bool suspicious = false;  ///< worse, or it would be if the A/A pair did not differ as much: to be measured again
    std::string why;
};

/// Time, CPU per order, PSS and errors, unless thresholds name others besides.
[[nodiscard]] std::vector<threshold> gate_thresholds(const std::vector<threshold>& given);

/// One row for each pattern and metric, from the runs that are to be trusted. A change needs all four: a sign-test
/// interval without 1, the relative threshold, the absolute floor, and to be beyond the A/A pair's interval. Noise
/// that is skewed upwards makes the test slightly blunt towards "worse", since a base is the mean of two runs and a
/// head is one. Errors are counted over all runs: a share of orders that differs (binomial test), by more than
/// threshold and floor.
[[nodiscard]] std::vector<gate_row> judge_series(const gate_series& s, const std::vector<threshold>& thresholds,
                                                 double alpha);

/// The patterns of the suspicious rows, each once.
[[nodiscard]] std::vector<std::string> suspects(const std::vector<gate_row>& rows);

/// "head: 2 of 12 runs of semaphore are not to be trusted, and not counted: INVALID: ..."
[[nodiscard]] std::vector<std::string> distrusted(const gate_series& s);

struct gate_verdict {
    std::vector<gate_row> rows;          ///< of the first series
    std::vector<gate_row> confirmation;  ///< of the second, for the suspects alone; empty: there were none

    /// The second's row for one of the first; nullptr: it was not measured again.
    [[nodiscard]] const gate_row* second_of(const gate_row& first) const;
    /// Suspicious in the first, and worse in the second.
    [[nodiscard]] bool is_regression(const gate_row& first) const;
    /// The second's rows of those.
    [[nodiscard]] std::vector<gate_row> regressions() const;
    /// What nobody can tell: too few runs to be trusted, or a suspicion that the box is too noisy to settle.
    [[nodiscard]] std::vector<gate_row> unresolved() const;
    [[nodiscard]] bool passed() const { return regressions().empty() && unresolved().empty(); }
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
    bool complete = false;  ///< false: there is no verdict yet
    double session_s = 0;
    int signal = 0;  ///< SIGINT or SIGTERM: it ended early, and there is no verdict
};

}  // namespace pipebench
