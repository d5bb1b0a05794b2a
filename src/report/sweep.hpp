// What a sweep found, in one format each. Pure.
#pragma once

#include "analysis/sweep.hpp"
#include "pipebench/reporter.hpp"

#include <string>
#include <string_view>

namespace pipebench::reporting {

inline constexpr std::string_view sweep_schema = "pipebench.sweep/1";

/// For a terminal: where the lead changes, fan-out's limit, what is not to be trusted, then a table per metric.
[[nodiscard]] std::string render_text(const sweep_outcome& s, colours colour);
[[nodiscard]] std::string render_markdown(const sweep_outcome& s);
/// sweep_schema: with the whole result of every point, null where nothing was measured.
[[nodiscard]] std::string render_json(const sweep_outcome& s);
/// RFC 4180: one line for each point, pattern and metric; the value is empty where there is none.
[[nodiscard]] std::string render_csv(const sweep_outcome& s);

}  // namespace pipebench::reporting
