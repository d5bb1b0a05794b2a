// One render function per format, and what the two formats for people say around their tables. All pure.
#pragma once

#include "pipebench/reporter.hpp"
#include "report/model.hpp"

#include <string>
#include <vector>

namespace pipebench::reporting {

[[nodiscard]] std::string render_text(const report_model& m, colours c);
[[nodiscard]] std::string render_markdown(const report_model& m, colours c);
[[nodiscard]] std::string render_csv(const report_model& m, colours c);
[[nodiscard]] std::string render_json(const report_model& m, colours c);

// For services that keep a history of numbers. A number that is not to be trusted must not get into one, and cannot
// be marked there: only the trusted patterns are in these files, with their compared metrics (analysis/metrics.hpp),
// and without those that have no value. All left out: an empty array or object, at which github-action-benchmark
// fails.

[[nodiscard]] std::string render_github_smaller(const report_model& m, colours c);
[[nodiscard]] std::string render_github_bigger(const report_model& m, colours c);
[[nodiscard]] std::string render_bencher(const report_model& m, colours c);

/// Those of which every run is to be trusted.
[[nodiscard]] std::vector<std::string> trusted_patterns(const session_result& r);

// What the two formats for people, text and markdown, show around their tables.

/// What was asserted, and whether it held: first in the report, one line each.
[[nodiscard]] std::vector<std::string> assertion_lines(const report_model& m);

/// Runs, profile, when, and how long.
[[nodiscard]] std::string headline(const report_model& m);

/// What a reader must know before the first number: interrupted, a debug or sanitizer build, rows not to trust.
[[nodiscard]] std::vector<std::string> alarms(const report_model& m);

/// A labelled fact below the tables, one line or several.
struct fact {
    std::string label;
    std::vector<std::string> lines;
};

/// Ranking, advice, ledger, failures, sampling, parameters, box, build, servers, command, notes, warnings; a fact
/// without lines is left out.
[[nodiscard]] std::vector<fact> facts(const report_model& m);

/// What explains the main table, below the first one.
[[nodiscard]] std::vector<std::string> how_to_read(const report_model& m);

}  // namespace pipebench::reporting
