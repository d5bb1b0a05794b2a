// What a sweep says: the same patterns at several values of one parameter; who leads where, and at how many orders
// fan-out breaks. Pure.
#pragma once

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

/// Values that are this close to the best one are as good as it.
inline constexpr double sweep_tie = 0.02;

/// A pattern that the box cannot hold at a point.
struct misfit {
    std::string pattern;
    std::string cause;  ///< "local ports (this box has 28,232)"
    std::string why;    ///< the whole sentence, with advice
};

struct sweep_point {
    std::string value;  ///< "50", "20ms"
    std::string label;  ///< "c=50"
    std::vector<misfit> left_out;
    session_result result;  ///< without runs: not reached, or nothing fits
};

/// One number of orders that was tried, and what broke fan-out at it.
struct limit_try {
    std::uint64_t orders = 0;
    std::string cause;  ///< empty: it went well
    bool measured = true;
};

/// Where fan-out breaks.
struct limit_report {
    bool searched = false;             ///< by --find-limit; else it is what the points happened to show
    std::uint64_t good = 0;            ///< the largest number of orders below `bad` that went well; 0: none did
    std::optional<std::uint64_t> bad;  ///< the smallest that broke, or does not fit; none: nothing did
    std::string cause;                 ///< of `bad`
    bool narrow = false;               ///< they are as close as was asked for
    std::vector<limit_try> tries;
    bool balanced = true;  ///< the ledger of every run that the search itself made
};

struct sweep_outcome {
    std::string option;   ///< "--concurrency"
    std::string command;  ///< as typed, without secrets
    std::vector<std::string> patterns;
    std::vector<sweep_point> points;
    std::optional<limit_report> limit;
    std::uint64_t rounds = 1;
    double session_s = 0;
    bool interrupted = false;  ///< not all of it was measured
    int signal = 0;            ///< SIGINT or SIGTERM when one ended it early
};

/// A metric that a sweep shows, and how a sentence calls it.
struct swept_metric {
    std::string_view id, name;
};
/// The table, in the order in which they are shown.
[[nodiscard]] std::span<const swept_metric> swept_metrics() noexcept;

enum class cell_state : std::uint8_t {
    best,         ///< of its column, or within sweep_tie of the best
    good,         ///< to be trusted, and not the best
    not_trusted,  ///< INVALID, or the ledger did not balance: has a value, and does not compete
    left_out,     ///< the box cannot hold it
    missing,      ///< not measured, or has no such value
};

struct sweep_cell {
    cell_state state = cell_state::missing;
    double value = std::numeric_limits<double>::quiet_NaN();
    std::string why;  ///< of not_trusted and left_out
};

/// A column of the metric's table, one cell for each pattern in the sweep's order: the median of the rounds that were
/// not cut short. No cell is the best where fewer than two compete, or where all of them are as good as the best.
[[nodiscard]] std::vector<sweep_cell> cells_at(const sweep_outcome& s, const sweep_point& point, const metric& m);

/// Points next to each other with the same leaders.
struct lead {
    std::size_t first = 0, last = 0;   ///< indices of points
    std::vector<std::string> leaders;  ///< several: within sweep_tie; empty: all are level, or nobody competes
    bool contested = true;             ///< false: fewer than two patterns competed
    std::size_t verdicts = 0;          ///< points at which rank() finds the one leader separated from all others
};
[[nodiscard]] std::vector<lead> leads(const sweep_outcome& s, const metric& m);
/// "time: fan-out up to c=50, semaphore from c=100 on".
[[nodiscard]] std::string describe_leads(const sweep_outcome& s, const swept_metric& m);

/// What broke in a run: empty when every order was stored and the ledger balances.
[[nodiscard]] std::string what_broke(const run_result& run);

struct search_bounds {
    std::uint64_t most_orders = 10'000'000;
    std::uint64_t most_runs = 12;
    double precision = 0.05;         ///< (bad - good) / bad at which it is narrow enough
    std::uint64_t first_try = 1000;  ///< where nothing is known to go well
};

/// Searches for the number of orders at which fan-out breaks: doubles from the largest number that went well until one
/// breaks, and then bisects. It runs nothing itself: the caller asks what to try, tries it, and reports the result.
class break_search {
public:
    explicit break_search(search_bounds bounds = {}) : bounds_(bounds) {}

    /// What is known without a run of the search: a point of the sweep, or a number of orders that does not fit.
    void known(const limit_try& t) { tries_.push_back(t); }
    /// A run of the search itself.
    void tried(std::uint64_t orders, const std::string& cause);

    /// The orders of the next run; nullopt when the search is over.
    [[nodiscard]] std::optional<std::uint64_t> next() const;
    [[nodiscard]] limit_report report() const;

private:
    [[nodiscard]] const limit_try* smallest_bad() const;
    [[nodiscard]] std::uint64_t largest_good() const;  ///< below it

    search_bounds bounds_;
    std::vector<limit_try> tries_;
    std::uint64_t runs_ = 0;
};

/// "fan-out breaks between 28,232 and 28,233 orders: local ports (this box has 28,232)"; empty where nothing broke and
/// nobody searched.
[[nodiscard]] std::string describe(const limit_report& r);

}  // namespace pipebench
