// Renders the outcome of a gate, one function per format. Pure.
#pragma once

#include "analysis/gate.hpp"
#include "pipebench/reporter.hpp"

#include <string>
#include <string_view>

namespace pipebench::reporting {

inline constexpr std::string_view gate_schema = "pipebench.gate/1";

/// For a terminal: the verdict first, each regression in a sentence, then all rows.
[[nodiscard]] std::string render_text(const gate_outcome& g, const look& how);
/// For a pull request comment or $GITHUB_STEP_SUMMARY.
[[nodiscard]] std::string render_markdown(const gate_outcome& g);
/// A page with charts, which needs no other file and no network.
[[nodiscard]] std::string render_html(const gate_outcome& g);
/// As gate_schema, with every run of every series.
[[nodiscard]] std::string render_json(const gate_outcome& g);

}  // namespace pipebench::reporting
