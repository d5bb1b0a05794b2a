// Renders the outcome of a sweep, one function per format. Pure.
#pragma once

#include "analysis/sweep.hpp"
#include "pipebench/reporter.hpp"

#include <string>
#include <string_view>

namespace pipebench::reporting {

inline constexpr std::string_view sweep_schema = "pipebench.sweep/1";

/// For a terminal: the answer, a table per metric, notes on cells that are left out or not trusted.
[[nodiscard]] std::string render_text(const sweep_outcome& s, const look& how);
[[nodiscard]] std::string render_markdown(const sweep_outcome& s);
/// A page with charts, which needs no other file and no network.
[[nodiscard]] std::string render_html(const sweep_outcome& s);
/// As sweep_schema, with the whole result of every point; null for a point without runs.
[[nodiscard]] std::string render_json(const sweep_outcome& s);
/// RFC 4180: one line for each point, pattern and metric; a missing value is empty.
[[nodiscard]] std::string render_csv(const sweep_outcome& s);

}  // namespace pipebench::reporting
