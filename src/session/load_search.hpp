// What the searches under open load share (analysis/load_search.hpp): they measure points, each a session of one run,
// and keep what is known when a signal or a failure ends them.
#pragma once

#include "analysis/load_search.hpp"
#include "session/session.hpp"
#include "session/stopwatch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pipebench {

/// Callbacks for progress. All are called on the thread of the search.
struct load_search_observer {
    session_observer session;
    /// Called after every point with the outcome so far, marked as interrupted.
    std::function<void(const load_search_outcome&)> can_be_saved = [](const load_search_outcome&) {};
};

/// The session that measures a value, of one contestant and with a rate.
using session_at = std::function<session_settings(double value)>;

/// What follows from the settings for one of its contestants. Both must outlive it.
[[nodiscard]] forecast_terms terms_at(const contestant& who, const session_settings& s);

/// Throws setup_error if the simulated work alone takes as long as an objective allows.
void require_objectives_in_reach(const session_settings& s);

class load_searcher {
public:
    /// `patterns` may have values already. `length`: of every point; nullopt: point_seconds().
    load_searcher(load_search_outcome begun, const load_search_observer& observer, const session_function& measure,
                  std::optional<duration> length);

    /// Calls `search` for each pattern, until a signal or a failure. Throws setup_error if there was nothing to keep.
    load_search_outcome run(const std::function<void(pattern_search&)>& search);

    /// Measures one value, and once more for twice as long if it cannot be told whether it meets the objectives.
    /// nullopt if the search of this pattern is over: a signal came, or its run says nothing, and not_known says why.
    std::optional<objective_verdict> measure(pattern_search& p, const session_at& at, double value,
                                             point_purpose purpose);

    /// Searches until the border is found; writes `p.found`. False if the search of this pattern is over.
    bool find(pattern_search& p, const session_at& at, border_search& search);

    [[nodiscard]] bool stopped();

private:
    [[nodiscard]] double length_of(const session_settings& s) const;
    [[nodiscard]] std::optional<load_point> run_point(pattern_search& p, session_settings s, double length_s);
    [[nodiscard]] std::optional<load_point> run_until_told(pattern_search& p, const session_settings& s,
                                                           double length_s);
    void tell(const std::string& text) const { observer_.session.message(text); }
    [[nodiscard]] std::string label_of(double value) const;

    load_search_outcome out_;
    const load_search_observer& observer_;
    const session_function& run_session_;
    std::optional<duration> length_;
    const stopwatch since_began_;
    signal_watch signals_;  // for signals between the sessions, which have their own watch
};

}  // namespace pipebench
