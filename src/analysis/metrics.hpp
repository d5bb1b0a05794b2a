// What can be asked of a run by name: in assertions, comparisons, gates, sweeps and exports. One table.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pipebench {

enum class better : std::uint8_t { lower, higher };

/// What the rounds of a pattern come to: a measure is their median; a count of orders is their sum, since one lost
/// order in eight rounds is one too many.
enum class over_rounds : std::uint8_t { median, sum };

/// What a metric is of, where that decides how two results are compared.
enum class metric_kind : std::uint8_t {
    measure,          ///< one sample a round
    share_of_orders,  ///< of the orders of all rounds together
    loss,             ///< orders lost, corrupt or unexpected: one more is a regression by itself
};

struct metric {
    std::string_view id;     ///< as in --assert 'semaphore.p99_ms < 250'
    std::string_view title;  ///< for a reader: "p99"
    std::string_view unit;   ///< "s", "MB", "us", "/s", "%", or empty
    better direction = better::lower;
    over_rounds rounds = over_rounds::median;
    double (*of)(const run_result&) = nullptr;  ///< NaN: this run has no such value
    /// What a regression must exceed, both: a share of the base, and an amount in the metric's unit. A share of 0:
    /// not compared unless asked for by --threshold.
    double relative_threshold = 0, absolute_floor = 0;
    metric_kind kind = metric_kind::measure;

    [[nodiscard]] bool is_compared() const noexcept { return relative_threshold > 0; }
};

/// The table.
[[nodiscard]] std::span<const metric> metrics() noexcept;
[[nodiscard]] const metric* find_metric(std::string_view id) noexcept;

/// What a row is called where there are several scenarios: its pattern, and "@scenario" behind it unless that is
/// `clean`.
[[nodiscard]] std::string row_name(const run_result& run);

/// A session under one scenario only: the runs of the others are taken out, and those that stay are called by their
/// pattern alone, so that whoever ranks, sums up or asserts needs to know nothing of scenarios.
struct scenario_part {
    std::string scenario;
    session_result session;
};
/// In the order in which they were run; a session without runs is one part.
[[nodiscard]] std::vector<scenario_part> by_scenario(session_result r);

/// The rows of a result, each name once, in the order of the first round, which is the order that was asked for.
[[nodiscard]] std::vector<std::string> patterns_in(const session_result& r);
/// The runs of one row, by round.
[[nodiscard]] std::vector<const run_result*> runs_of(const session_result& r, std::string_view pattern);

/// One value a round, of the runs that were not interrupted; finite ones only.
[[nodiscard]] std::vector<double> samples_of(const session_result& r, std::string_view pattern, const metric& m);
/// Over all rounds, as the metric has it; NaN where there is none.
[[nodiscard]] double value_of(const session_result& r, std::string_view pattern, const metric& m);

}  // namespace pipebench
