// The verdict of a gate: two binaries measured alternately, round by round. A second series of the old one (an A/A
// pair) shows how much this machine varies without a change. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

inline constexpr std::uint64_t default_gate_rounds = 12;
inline constexpr std::uint64_t fewest_gate_rounds = 8;
/// Two-sided; a gate uses one side, so significance alone would make 5 % of unchanged rows suspects.
inline constexpr double gate_alpha = 0.10;

/// The same patterns in all three, paired by round.
struct gate_series {
    session_result base, again, head;
};

struct gate_row {
    std::string pattern;
    const metric* what = nullptr;
    double base = 0, head = 0;  ///< medians over the rounds; `base` covers both its series
    ratio_estimate estimate;    ///< head / base by round; base is the geometric mean of its two runs of the round
    ratio_estimate noise;       ///< `again` / `base`, the A/A pair
    double relative_threshold = 0;
    change verdict = change::cannot_tell;
    bool suspicious = false;  ///< to measure again: worse, or only the noise of the A/A pair prevents that verdict
    std::string why;
};

/// Those of time, CPU per order, PSS and errors, and of any other metric in `given`.
[[nodiscard]] std::vector<threshold> gate_thresholds(const std::vector<threshold>& given);

/// One row for each pattern and metric, from the trusted runs. A change needs a sign-test interval without 1, and
/// must exceed the relative threshold, the absolute floor and the A/A pair's interval. Noise that is skewed upwards
/// makes the test slightly less sensitive to "worse", because base is the mean of two runs and head is one. Errors
/// are counted over all runs: their share must differ (binomial test) by more than threshold and floor.
[[nodiscard]] std::vector<gate_row> judge_series(const gate_series& s, const std::vector<threshold>& thresholds,
                                                 double alpha);

/// The patterns of the suspicious rows, each once.
[[nodiscard]] std::vector<std::string> suspects(const std::vector<gate_row>& rows);

/// "head: 2 of 12 runs of semaphore are not to be trusted, and not counted: INVALID: ..."
[[nodiscard]] std::vector<std::string> distrusted(const gate_series& s);

struct gate_verdict {
    std::vector<gate_row> rows;          ///< of the first series
    std::vector<gate_row> confirmation;  ///< of the second, for the suspects alone; empty without suspects

    /// The row of the second series for one of the first; nullptr if it was not measured again.
    [[nodiscard]] const gate_row* second_of(const gate_row& first) const;
    /// Suspicious in the first series and worse in the second.
    [[nodiscard]] bool is_regression(const gate_row& first) const;
    /// The rows of the second series for the regressions.
    [[nodiscard]] std::vector<gate_row> regressions() const;
    /// Rows with too few trusted runs, and suspects that the machine is too noisy to decide.
    [[nodiscard]] std::vector<gate_row> unresolved() const;
    [[nodiscard]] bool passed() const { return regressions().empty() && unresolved().empty(); }
};

/// The whole result of a gate.
struct gate_outcome {
    gate_series series, confirmation;
    gate_verdict verdict;
    std::string base_binary, head_binary, base_version, head_version;
    std::string command;  ///< as typed, without secrets
    std::vector<std::string> warnings;
    std::vector<std::string> unbalanced;  ///< runs whose ledger did not balance: "head, semaphore, round 3: ..."
    std::uint64_t rounds = 0;
    bool complete = false;  ///< false while there is no verdict
    double session_s = 0;
    int signal = 0;       ///< SIGINT, SIGTERM or SIGHUP that ended it early, without a verdict
    std::string failure;  ///< why it could not go on after its first round; empty if it could
};

}  // namespace pipebench
