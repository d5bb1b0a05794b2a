// A sweep: the same patterns at several values of one parameter, each point a session of its own; and the search for
// the number of orders at which fan-out breaks.
#pragma once

#include "analysis/sweep.hpp"
#include "session/session.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The pattern whose limit is looked for.
inline constexpr std::string_view limited_pattern = "fan-out";

/// What is measured at one value.
struct sweep_step {
    std::string value;  ///< in one form: "1k" is "1000"
    std::string label;  ///< "c=50"
    session_settings session;
};

enum class limit_wish : std::uint8_t {
    none,         ///< the sweep is not over orders, or without limited_pattern
    from_points,  ///< what the points happen to show
    searched,     ///< and runs with more orders, until it breaks
};

struct sweep_settings {
    std::string option;             ///< whose values these are: "--concurrency"
    std::vector<sweep_step> steps;  ///< one at least; alike but for that option
    limit_wish limit = limit_wish::none;
};

/// What is called as the sweep goes on. All are called on the thread of run_sweep().
struct sweep_observer {
    session_observer session;
    /// After every point, with all there is so far, marked as interrupted.
    std::function<void(const sweep_outcome&)> can_be_saved = [](const sweep_outcome&) {};
};

/// Main thread only: takes SIGINT and SIGTERM, and ends early. What the box cannot hold is left out of its point,
/// with the reason. Throws setup_error, before anything is started, when two steps are the same work or no point fits
/// any pattern; later, when a session cannot go on.
[[nodiscard]] sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer);

/// The same with a function of the caller's in place of run_session().
using session_function = std::function<session_outcome(const session_settings&, const session_observer&)>;
[[nodiscard]] sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer,
                                      const session_function& measure);

}  // namespace pipebench
