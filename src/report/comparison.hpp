// Renders a comparison, one function per format. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "pipebench/reporter.hpp"

#include <string>
#include <string_view>

namespace pipebench::reporting {

inline constexpr std::string_view comparison_schema = "pipebench.comparison/2";

/// For a terminal: the verdict first, then what changed, then all rows.
[[nodiscard]] std::string render_text(const comparison& c, const look& how);
/// For a pull request comment or $GITHUB_STEP_SUMMARY: the verdict, what changed, and the rest folded away.
[[nodiscard]] std::string render_markdown(const comparison& c);
/// A page with charts, which needs no other file and no network.
[[nodiscard]] std::string render_html(const comparison& c);
/// As comparison_schema; a number that is not finite becomes null.
[[nodiscard]] std::string render_json(const comparison& c);

}  // namespace pipebench::reporting
