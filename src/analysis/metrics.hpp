// The table of metrics that assertions, comparisons, gates, sweeps and exports know by name.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pipebench {

enum class better : std::uint8_t { lower, higher };

/// Which time of the yardstick (measure/yardstick.hpp) moves with a metric, if the box gets slower.
enum class box_clock : std::uint8_t { none, cpu, elapsed };

/// How the rounds of a pattern are combined: measures by median, counts of orders by sum, because one lost order in
/// eight rounds is one too many.
enum class over_rounds : std::uint8_t { median, sum };

/// Decides how two results are compared.
enum class metric_kind : std::uint8_t {
    measure,          ///< one sample per round
    share_of_orders,  ///< of the orders of all rounds together
    loss,             ///< orders lost, corrupt or unexpected: one more is a regression by itself
};

struct metric {
    std::string_view id;     ///< as in --assert 'semaphore.p99_ms < 250'
    std::string_view title;  ///< for a reader: "p99"
    std::string_view unit;   ///< "s", "MB", "us", "/s", "%", or empty
    better direction = better::lower;
    box_clock moved_by = box_clock::none;
    over_rounds rounds = over_rounds::median;
    double (*of)(const run_result&) = nullptr;  ///< NaN if the run has no such value
    /// A regression must exceed both: a share of the base, and an amount in the metric's unit. With a share of 0, the
    /// metric is compared only if --threshold names it.
    double relative_threshold = 0, absolute_floor = 0;
    metric_kind kind = metric_kind::measure;

    [[nodiscard]] bool is_compared() const noexcept { return relative_threshold > 0; }
};

[[nodiscard]] std::span<const metric> metrics() noexcept;
[[nodiscard]] const metric* find_metric(std::string_view id) noexcept;

/// The name of a row in a session with several scenarios: the pattern, with "@scenario" unless that is `clean`.
[[nodiscard]] std::string row_name(const run_result& run);

/// A session with the runs of one scenario only. Their rows are named by pattern alone, so that rankings, summaries
/// and assertions need not handle scenarios.
struct scenario_part {
    std::string scenario;
    session_result session;
};
/// In the order of the runs; a session without runs is one part.
[[nodiscard]] std::vector<scenario_part> by_scenario(session_result r);

/// The names of the rows, in the order of the first round, which is that of the command line.
[[nodiscard]] std::vector<std::string> patterns_in(const session_result& r);
/// The runs of one row, by round.
[[nodiscard]] std::vector<const run_result*> runs_of(const session_result& r, std::string_view pattern);

/// The finite values of the runs that were not interrupted, one per round.
[[nodiscard]] std::vector<double> samples_of(const session_result& r, std::string_view pattern, const metric& m);
/// Over all rounds, combined as the metric requires; NaN without a value.
[[nodiscard]] double value_of(const session_result& r, std::string_view pattern, const metric& m);

}  // namespace pipebench
