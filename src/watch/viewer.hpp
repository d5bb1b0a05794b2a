// Shows what a session does until it is over, or the user leaves.
#pragma once

#include "pipebench/reporter.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

enum class view_kind : std::uint8_t {
    full_screen,  ///< on the terminal that stdout is
    lines,        ///< one line on stdout, time and again
};

enum class last_words : std::uint8_t { none, one_line };

struct view_settings {
    std::string subject;  ///< a URL or the path of a file
    view_kind kind = view_kind::lines;
    colours with = colours::off;
    last_words at_end = last_words::one_line;  ///< on stdout, when the session is over
    std::string leaving = "q leaves";          ///< what the screen says about keys
};

/// Returns when the session is over, `q` was pressed, or SIGINT, SIGTERM or SIGHUP has come. Throws setup_error if the
/// subject is no address and no file, and if its host or terminal is not known. Main thread only.
void show_session(const view_settings& settings);

}  // namespace pipebench
