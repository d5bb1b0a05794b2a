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

// For services that keep a history of numbers. A number that is not to be trusted must not get into one, and cannot
// be marked there: only the trusted patterns are in these files, with their compared metrics (analysis/metrics.hpp),
// and without those that have no value. All left out: an empty array or object, at which github-action-benchmark
// fails.

[[nodiscard]] std::string render_github_smaller(const session_result& r, colours c);
[[nodiscard]] std::string render_github_bigger(const session_result& r, colours c);
[[nodiscard]] std::string render_bencher(const session_result& r, colours c);

/// Those of which every run is to be trusted.
[[nodiscard]] std::vector<std::string> trusted_patterns(const session_result& r);

/// A labelled fact below the tables, one line or several.
struct fact {
    std::string label;
    std::vector<std::string> lines;
};

// Those that follow expect a result that went through printable_copy (session_tables.hpp).

/// What was asserted, and whether it held: first in the report, one line each.
[[nodiscard]] std::vector<std::string> assertion_lines(const session_result& r);

/// What it was: profile, runs, when, how long.
[[nodiscard]] std::string headline(const session_result& r);

/// What a reader must know before the first number: interrupted, a debug or sanitizer build, rows not to trust.
[[nodiscard]] std::vector<std::string> alarms(const session_result& r);

/// Ranking, advice, ledger, box, build, parameters, servers, sampling, failures, notes, warnings; what is empty is left out.
[[nodiscard]] std::vector<fact> facts(const session_result& r);

inline constexpr const char* how_to_read_floor = "Floor: no schedule with this many orders in flight can be "
                                                 "faster (Little's law: orders x latency / in flight).";
inline constexpr const char* how_to_read_efficiency =
    "Eff. = floor / time: what is missing to 100 % is the cost of the pattern. MB = 10^6 bytes.";

inline constexpr const char* how_to_read_rounds =
    "Measures are medians over the rounds, counts their sums. ± = scaled median deviation; ~ marks more than 5 %.";

}  // namespace pipebench::reporting
