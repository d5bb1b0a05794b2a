// A sweep: the same patterns at several values of one parameter, with one session per point. Also searches the number
// of orders at which fan-out breaks.
#pragma once

#include "analysis/sweep.hpp"
#include "session/session.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The pattern whose limit is searched.
inline constexpr std::string_view limited_pattern = "fan-out";

/// The work at one value.
struct sweep_step {
    std::string value;  ///< in its normal form: "1000" for "1k"
    std::string label;  ///< "c=50"
    session_settings session;
};

enum class limit_wish : std::uint8_t {
    none,         ///< the sweep is not over orders, or without limited_pattern
    from_points,  ///< only what the points show
    searched,     ///< additional runs with more orders, until it breaks
};

struct sweep_settings {
    std::string option;             ///< the swept option: "--concurrency"
    std::vector<sweep_step> steps;  ///< at least one; they differ in that option only
    limit_wish limit = limit_wish::none;
};

/// Callbacks for progress. All are called on the thread of run_sweep().
struct sweep_observer {
    session_observer session;
    /// Called after every point with the result so far, marked as interrupted.
    std::function<void(const sweep_outcome&)> can_be_saved = [](const sweep_outcome&) {};
};

/// Main thread only; a signal ends it early. A pattern that the machine cannot hold is left out of its
/// point, with the reason. Throws setup_error before any start if two steps are the same work or no pattern fits any
/// point, and if the session of the first point cannot start.
[[nodiscard]] sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer);

/// The same with the caller's function in place of run_session().
[[nodiscard]] sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer,
                                      const session_function& measure);

}  // namespace pipebench
