// One render function per format, and what the two formats for people say around their tables. All pure.
#pragma once

#include "pipebench/reporter.hpp"

#include <string>
#include <vector>

namespace pipebench::reporting {

[[nodiscard]] std::string render_text(const session_result& r, colours c);
[[nodiscard]] std::string render_markdown(const session_result& r, colours c);
[[nodiscard]] std::string render_csv(const session_result& r, colours c);
[[nodiscard]] std::string render_json(const session_result& r, colours c);

/// A labelled fact below the tables, one line or several.
struct fact {
    std::string label;
    std::vector<std::string> lines;
};

// The three that follow expect a result that went through printable_copy (table.hpp).

/// What it was: profile, runs, when, how long.
[[nodiscard]] std::string headline(const session_result& r);

/// What a reader must know before the first number: interrupted, a debug or sanitizer build, rows not to trust.
[[nodiscard]] std::vector<std::string> alarms(const session_result& r);

/// Box, build, parameters, servers, ledger, sampling, failures, notes, warnings; what is empty is left out.
[[nodiscard]] std::vector<fact> facts(const session_result& r);

inline constexpr const char* how_to_read_floor = "Floor: no schedule with this many orders in flight can be "
                                                 "faster (Little's law: orders x latency / in flight).";
inline constexpr const char* how_to_read_efficiency =
    "Eff. = floor / time: what is missing to 100 % is the cost of the pattern. MB = 10^6 bytes.";

}  // namespace pipebench::reporting
