#include "cli/live_view.hpp"

#include "cli/options.hpp"
#include "contracts/error.hpp"
#include "system/environment.hpp"
#include "watch/terminal_screen.hpp"

#include <unistd.h>

#include <array>
#include <chrono>

namespace pipebench {
namespace {

constexpr std::chrono::seconds time_to_leave{2};  ///< then it is killed

const char* name_of(colour_choice c) {
    static constexpr std::array<const char*, 3> names{"auto", "always", "never"};
    return names.at(static_cast<std::size_t>(c));
}

child_process start(const std::string& url, colour_choice with) {
    child_settings settings;
    settings.arguments = {own_binary(), "_watch", url, "--color", name_of(with)};
    settings.environment = whole_environment();  // the kind of the terminal, and the locale
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        settings.descriptors.emplace(number, STDERR_FILENO);
    settings.own_session = false;
    settings.death_signal = SIGTERM;  // so that it leaves the terminal as it was
    return child_process::spawn(settings);
}

std::optional<termios> modes_of(int terminal) {
    termios now{};
    return ::tcgetattr(terminal, &now) == 0 ? std::optional(now) : std::nullopt;
}

/// Also where that is not known, since the terminal is not this program's own.
bool in_foreground() {
    const pid_t foreground = ::tcgetpgrp(STDERR_FILENO);
    return foreground < 0 || foreground == ::getpgrp();
}

/// Throws setup_error if stderr is no terminal, or this program is not in its foreground.
void require_live_terminal() {
    if (!has_live_line(STDERR_FILENO))
        throw setup_error("--live: stderr is no terminal that can show a view; leave it out, or watch from one with "
                          "--metrics and pipebench watch");
    if (!in_foreground()) throw setup_error("--live: needs the terminal, but this is a background job");
}

/// While the view shows, the observer prints no progress.
void let_view_show(live_view& view, session_observer& observer) {
    observer.message = [&view, then = observer.message](const std::string& text) {
        static_cast<void>(view.shows());
        then(text);
    };
    observer.run_goes = [&view, then = observer.run_goes](const contestant& c, const recorder& record,
                                                          const run_glance& seen) {
        if (!view.shows()) then(c, record, seen);
    };
    observer.run_ended = [&view, then = observer.run_ended](const run_result& r) {
        static_cast<void>(view.shows());
        then(r);
    };
}

}  // namespace

void declare_live(option_set& options, metrics_options& o) {
    options.flag("--live", o.live, "a full-screen view on stderr while it runs; q leaves the view");
}

live_view::live_view(const std::string& url, colour_choice with) : before_(modes_of(STDERR_FILENO)) {
    process_.emplace(start(url, with));
    held_.emplace();
}

bool live_view::shows() {
    if (!process_) return false;
    const auto ended = process_->wait_for(std::chrono::milliseconds(0));
    if (ended) clean_up(*ended);
    return !ended;
}

void live_view::end() {
    if (process_) clean_up(process_->stop(SIGTERM, time_to_leave));
}

void live_view::clean_up(const child_end& how) {
    process_.reset();
    if (!how.exited_with(static_cast<int>(exit_code::ok))) leave_screen_of(STDERR_FILENO);
    if (before_ && in_foreground()) ::tcsetattr(STDERR_FILENO, TCSANOW, &*before_);
    held_.reset();
}

void onlookers::end_view() const {
    if (view) view->end();
}

onlookers open_onlookers(const metrics_options& o, const std::string& command, verbosity speech,
                         const output_options& output, const std::vector<session_settings*>& sessions,
                         session_observer& observer) {
    if (o.live) require_live_terminal();
    if (o.live && output.events == "-" && ::isatty(STDOUT_FILENO) == 1)
        throw setup_error("--live: the lines of --events - would be written over it; write them to a file");
    for (const auto* s : sessions) check_watched(o, *s);
    onlookers out{open_metrics(o, command, speech), nullptr};
    if (!out.feed) return out;
    for (auto* s : sessions) let_feed_see(*out.feed, *s);
    if (o.live) {
        out.view = std::make_unique<live_view>(out.feed->url(), output.colour);
        let_view_show(*out.view, observer);
    }
    tell_feed(*out.feed, observer);
    return out;
}

}  // namespace pipebench
