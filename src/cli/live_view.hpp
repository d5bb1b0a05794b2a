// --live: a view of the session on the terminal of stderr, as `pipebench watch` shows it. It is a process of its own,
// with the address of the session's metrics process.
#pragma once

#include "cli/metrics_options.hpp"
#include "cli/result_output.hpp"
#include "cli/terminal.hpp"
#include "session/session.hpp"
#include "system/child_process.hpp"

#include <termios.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

void declare_live(option_set& options, metrics_options& o);  ///< --live

/// Shows until it is ended, or the user has left it. What tell() gets meanwhile is printed then. Main thread only.
class live_view {
public:
    /// `url`: of the metrics process. Throws setup_error if no process can be started.
    live_view(const std::string& url, colour_choice with);
    live_view(const live_view&) = delete;
    live_view& operator=(const live_view&) = delete;
    ~live_view() { end(); }

    [[nodiscard]] bool shows();  ///< whether it still does
    /// The terminal is then as it was before, however the view has ended.
    void end();

private:
    void clean_up(const child_end& how);

    std::optional<termios> before_;  ///< how the terminal was
    std::optional<held_speech> held_;
    std::optional<child_process> process_;
};

/// Those who are told what a session does.
struct onlookers {
    std::unique_ptr<live_feed> feed;  ///< null without --metrics and --live
    std::unique_ptr<live_view> view;  ///< null without --live

    void end_view() const;
};

/// Starts what --metrics and --live ask for. From now on it is told what `observer`, which it must outlive, sees of these
/// sessions, and the observer prints no progress while a view shows. Throws setup_error before anything else starts.
/// `command`: the subcommand.
[[nodiscard]] onlookers open_onlookers(const metrics_options& o, const std::string& command, verbosity speech,
                                       const output_options& output, const std::vector<session_settings*>& sessions,
                                       session_observer& observer);

}  // namespace pipebench
