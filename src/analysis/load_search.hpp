// Searches under open load, whose points are runs: for the highest rate that meets the objectives of a pattern
// (sweep --find-rate), and for the smallest size of a pattern that meets them at a rate (plan). What came of them,
// how long a point has to last, and what its run says. Pure.
#pragma once

#include "analysis/border_search.hpp"
#include "analysis/forecast.hpp"
#include "pipebench/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// A shorter point measures the start of a run. With --duration, points last as long as it says.
inline constexpr double shortest_point_s = 20;
inline constexpr double longest_settling_s = 120;  ///< near saturation a queue may settle for hours
/// How many times the orders that a verdict needs at least: that many allow no late one.
inline constexpr double orders_over_needed = 3;
inline constexpr double full_length = 2;  ///< of the run that confirms an answer, in points

enum class point_purpose : std::uint8_t {
    search,
    confirm,   ///< the answer, at full length
    contrast,  ///< half of the answer, which should not meet the objectives
};

/// What a run says of its objectives.
struct point_judgement {
    std::optional<objective_verdict> verdict;  ///< of the worst objective; nullopt: the run says nothing of them
    std::string why;                           ///< "p99<500ms: 12 of 1,000 orders late"
};
/// A saturated run has not met its objectives. One that is not to be trusted says nothing.
[[nodiscard]] point_judgement judge_point(const run_result& run);

struct load_point {
    double value = 0;  ///< that was searched: orders per second, or the size
    double length_s = 0;
    point_purpose purpose = point_purpose::search;
    point_judgement judged;
    session_result result;  ///< of one run
    [[nodiscard]] const run_result& run() const { return result.runs.front(); }
};

/// The search of one pattern.
struct pattern_search {
    std::string pattern;
    std::uint64_t in_flight_limit = 0;  ///< while a rate is searched; 0: not bounded
    std::vector<load_point> points;     ///< in the order of measuring
    border found;
    std::optional<std::size_t> confirmed;   ///< the point that confirmed the answer
    std::string not_known;                  ///< why there is no answer; empty if there is one, or if it ended early
    std::string what;                       ///< of a size: "5 permits"
    std::optional<std::uint64_t> expected;  ///< the size that the formula gives

    [[nodiscard]] const load_point* answer() const { return confirmed ? &points[*confirmed] : nullptr; }
};

struct load_search_outcome {
    std::string command;     ///< as typed, without secrets
    std::string objectives;  ///< "p99<500ms"
    std::string rate;        ///< at which a size is searched: "50,000 orders/h"; empty: the rate is searched
    std::vector<pattern_search> patterns;
    double session_s = 0;
    bool interrupted = false;  ///< some of it was not measured
    int signal = 0;            ///< SIGINT, SIGTERM or SIGHUP if one ended it early
    std::string failure;       ///< why it could not go on; empty if it could
};

[[nodiscard]] bool has_answers(const load_search_outcome& s);     ///< for every pattern
[[nodiscard]] bool is_trustworthy(const load_search_outcome& s);  ///< every run is

/// How long a point lasts: at least shortest_point_s, until the orders of a verdict have arrived several times over,
/// and for three times of the settling of the queue. The warm-up comes on top.
[[nodiscard]] double point_seconds(const forecast_terms& terms);

/// Orders arrive for this long, or until they are max_arrivals, and at least one.
void let_arrive_for(workload& work, double seconds);

/// With about four digits, so that a report shows the rate that was measured.
[[nodiscard]] arrival_rate nearest_rate(double per_second);

/// The same as text, without a unit: "171.9".
[[nodiscard]] std::string format_rate(double per_second);

/// "semaphore 480 to 495/s", or why there is none.
[[nodiscard]] std::string describe_rates(const pattern_search& p);

}  // namespace pipebench
