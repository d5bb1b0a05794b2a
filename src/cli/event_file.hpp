// --events: writes each event as a line of JSON, at once.
#pragma once

#include "pipebench/event.hpp"
#include "system/descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

class option_set;

/// Declares --events. `path`: empty if it is not given, "-" for stdout.
void declare_events(option_set& options, std::string& path);

/// A line without its end: the time is that of the wall clock, in UTC. Pure.
[[nodiscard]] std::string line_of(const event& e, std::int64_t milliseconds_since_1970);

/// For one thread. What cannot be written, because the disk is full or nobody reads, is left out, the first time with a
/// warning on stderr. The next line that can be written says how many were ("left_out").
class event_file {
public:
    /// Construct it before anything starts: throws setup_error if the file cannot be opened. An empty path: writes
    /// nothing.
    explicit event_file(std::string path);
    event_file(const event_file&) = delete;
    event_file& operator=(const event_file&) = delete;

    void write(event e);

private:
    /// Empty if all was written, else the reason.
    [[nodiscard]] std::string write_line(std::string_view line);
    [[nodiscard]] bool may_write();

    std::string path_;
    descriptor file_;
    bool is_cut_ = false;                      ///< the last line is not whole
    std::chrono::milliseconds may_wait_{500};  ///< for the readers of a pipe, all waits together
    bool has_warned_ = false;
    std::uint64_t left_out_ = 0;  ///< since the last line
};

}  // namespace pipebench
