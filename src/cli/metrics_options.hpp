// --metrics: who serves what a command says while it runs.
#pragma once

#include "cli/progress.hpp"
#include "metrics/live_feed.hpp"
#include "session/gate.hpp"
#include "session/session.hpp"

#include <memory>
#include <string>

namespace pipebench {

class option_set;

struct metrics_options {
    std::string address;  ///< empty: none
    bool allow_remote = false;
    bool live = false;  ///< needs a metrics process, and has one on loopback if none is asked for
};

void declare_metrics(option_set& options, metrics_options& o);  ///< --metrics, --allow-remote

/// Starts the metrics process. Null without --metrics. Throws setup_error before anything else starts. `command`: the
/// subcommand. Main thread only.
[[nodiscard]] std::unique_ptr<live_feed> open_metrics(const metrics_options& o, const std::string& command,
                                                      verbosity speech);

/// A listening socket, and where it is; `o.address` must not be empty. Throws setup_error, which names --metrics.
[[nodiscard]] descriptor listen_for_metrics(const metrics_options& o, listen_address& where);

/// Throws setup_error if a session with such settings has nothing to say while it runs. Called before open_metrics.
void check_watched(const metrics_options& o, const session_settings& settings);

/// From now on the feed is told what the observer of a session sees. It must outlive the observer.
void tell_feed(live_feed& feed, session_observer& observer);
/// The same for a gate, whose runs are those of other programs: their orders are not seen before they end.
void tell_feed(live_feed& feed, const gate_settings& settings, gate_observer& observer);
/// What such a session has to look at.
void let_feed_see(const live_feed& feed, session_settings& settings);

}  // namespace pipebench
