// Evaluates a sweep, which runs the same patterns at several values of one parameter: which pattern leads at which
// value, and at how many orders fan-out breaks. Pure.
#pragma once

#include "analysis/border_search.hpp"
#include "analysis/metrics.hpp"
#include "contracts/number.hpp"
#include "pipebench/result.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Values within this share of the best one count as equal to it.
inline constexpr double sweep_tie = 0.02;

/// A pattern for which the machine lacks resources at a point.
struct misfit {
    std::string pattern;
    std::string cause;  ///< "local ports (this box has 28,232)"
    std::string why;    ///< the whole sentence, with advice
};

struct sweep_point {
    std::string value;  ///< "50", "20ms"
    std::string label;  ///< "c=50"
    std::vector<misfit> left_out;
    session_result result;  ///< without runs if the point was not reached or no pattern fits
};

/// A number of orders that was tried, and the cause if fan-out broke.
struct limit_try {
    std::uint64_t orders = 0;
    std::string cause;  ///< empty if it went well
    bool measured = true;
};

/// Where fan-out breaks.
struct limit_report {
    bool searched = false;             ///< by --find-limit; otherwise the limits come from the points alone
    std::uint64_t good = 0;            ///< the largest number of orders below `bad` that went well; 0 if none did
    std::optional<std::uint64_t> bad;  ///< the smallest that broke or does not fit; nullopt if none did
    std::string cause;                 ///< of `bad`
    bool narrow = false;               ///< `good` and `bad` are as close as requested
    std::vector<limit_try> tries;
    bool balanced = true;  ///< true if the ledger of every run of the search itself balances
};

struct sweep_outcome {
    std::string option;   ///< "--concurrency"
    std::string command;  ///< as typed, without secrets
    std::vector<std::string> patterns;
    std::vector<sweep_point> points;
    std::optional<limit_report> limit;
    std::uint64_t rounds = 1;
    double session_s = 0;
    bool interrupted = false;  ///< some of it was not measured
    int signal = 0;            ///< SIGINT, SIGTERM or SIGHUP if one ended it early
    std::string failure;       ///< why it could not go on; empty if it could
};

/// A metric that a sweep shows, and its name in a sentence.
struct swept_metric {
    std::string_view id, name;
    bool is_detail = false;  ///< a terminal shows its table on request only
};
/// In the order of the report.
[[nodiscard]] std::span<const swept_metric> swept_metrics() noexcept;

enum class cell_state : std::uint8_t {
    best,         ///< the best of its column, or within sweep_tie of it
    good,         ///< trusted, and not the best; or unable to be
    not_trusted,  ///< INVALID, or the ledger did not balance; has a value, but does not compete
    left_out,     ///< the machine lacks the resources
    missing,      ///< not measured, or has no such value
};

struct sweep_cell {
    cell_state state = cell_state::missing;
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string why;        ///< the reason for not_trusted or left_out
    bool competes = false;  ///< every run of it can_be_best()
};

/// A column of the metric's table, one cell for each pattern in the sweep's order: the median of the rounds that were
/// not interrupted. No cell is the best if fewer than two compete, or if all are within sweep_tie.
[[nodiscard]] std::vector<sweep_cell> cells_at(const sweep_outcome& s, const sweep_point& point, const metric& m);

/// Adjacent points with the same leaders.
struct lead {
    std::size_t first = 0, last = 0;   ///< indices of points
    std::vector<std::string> leaders;  ///< several if within sweep_tie; empty if all are, or none competes
    bool contested = true;             ///< false: fewer than two patterns competed
    std::size_t verdicts = 0;          ///< points at which rank() separates the single leader from all others
};
[[nodiscard]] std::vector<lead> leads(const sweep_outcome& s, const metric& m);
/// "fan-out up to c=50, semaphore from c=100 on".
[[nodiscard]] std::string describe_leads(const sweep_outcome& s, const metric& m);

/// Names points: "at every point", "c=10", "c=10 to c=100, c=500". `at`: their indices, ascending.
[[nodiscard]] std::string describe_points(const sweep_outcome& s, const std::vector<std::size_t>& at);

/// Describes what failed in a run; empty if every order was stored and the ledger balances.
[[nodiscard]] std::string what_broke(const run_result& run);

/// The search for that number doubles the largest one that went well until one breaks, and then bisects.
inline constexpr border_terms limit_search{.met = met_side::below,
                                           .numbers = number_kind::whole,
                                           .first = 1000,
                                           .highest = 10'000'000,
                                           .precision = 0.05,
                                           .most_tries = 12};

/// Tries of the search and those from outside it: points of the sweep, and numbers of orders that do not fit. Without
/// `searched` and `balanced`.
[[nodiscard]] limit_report limit_of(std::vector<limit_try> tries);

/// "fan-out breaks between 28,232 and 28,233 orders: local ports (this box has 28,232)"; empty if none broke
/// and there was no search.
[[nodiscard]] std::string describe(const limit_report& r);

}  // namespace pipebench
