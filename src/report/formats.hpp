// One render function per format, and the texts around the tables of the two formats for people. Pure.
#pragma once

#include "pipebench/reporter.hpp"
#include "report/model.hpp"

#include <string>
#include <vector>

namespace pipebench::reporting {

[[nodiscard]] std::string render_text(const report_model& m, const look& how);
[[nodiscard]] std::string render_markdown(const report_model& m, const look& how);
[[nodiscard]] std::string render_html(const report_model& m, const look& how);
[[nodiscard]] std::string render_csv(const report_model& m, const look& how);
[[nodiscard]] std::string render_json(const report_model& m, const look& how);

// For services that keep a history of numbers. They cannot mark an untrusted number, so these files contain trusted
// patterns only, with those of the compared metrics (analysis/metrics.hpp) that have a value. Without any, the file
// is an empty array or object, which github-action-benchmark rejects.

[[nodiscard]] std::string render_github_smaller(const report_model& m, const look& how);
[[nodiscard]] std::string render_github_bigger(const report_model& m, const look& how);
[[nodiscard]] std::string render_bencher(const report_model& m, const look& how);

/// The patterns of which every run is trusted.
[[nodiscard]] std::vector<std::string> trusted_patterns(const session_result& r);

// The texts around the tables, for the two formats for people: text and markdown.

/// Each assertion and its outcome, one line each; they come first in the report.
[[nodiscard]] std::vector<std::string> assertion_lines(const report_model& m);

/// Runs, profile, date and duration.
[[nodiscard]] std::string headline(const report_model& m);

/// Warnings that come before the first number: an interrupted session, a debug or sanitizer build, untrusted rows.
[[nodiscard]] std::vector<std::string> alarms(const report_model& m);

/// A labelled fact of one or more lines below the tables.
struct fact {
    std::string label;
    std::vector<std::string> lines;
    bool is_detail = false;  ///< a terminal shows it on request only
};

/// Its label in bold, with the lines beside it.
[[nodiscard]] std::string to_text(const fact& f, const look& how);
[[nodiscard]] std::string to_markdown(const fact& f);

/// Ranking, advice, ledger, failures, sampling, parameters, box, build, servers, command, notes, warnings. Leaves
/// out facts without lines.
[[nodiscard]] std::vector<fact> facts(const report_model& m);

/// Explains the main table; stands below the first one.
[[nodiscard]] std::vector<std::string> how_to_read(const report_model& m);

}  // namespace pipebench::reporting
