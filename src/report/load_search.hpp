// Renders what a search under open load has found, one function per format: the highest rates (sweep --find-rate), or
// the smallest sizes at a rate (plan). Pure.
#pragma once

#include "analysis/load_search.hpp"
#include "pipebench/reporter.hpp"

#include <string>
#include <string_view>

namespace pipebench::reporting {

inline constexpr std::string_view rates_schema = "pipebench.rates/1", plan_schema = "pipebench.plan/1";

/// For a terminal: the answers in sentences, what is worth knowing of the points, and a table.
[[nodiscard]] std::string render_text(const load_search_outcome& s, const look& how);
[[nodiscard]] std::string render_markdown(const load_search_outcome& s);
/// A page with charts, which needs no other file and no network.
[[nodiscard]] std::string render_html(const load_search_outcome& s);
/// As rates_schema or plan_schema, with the whole result of every point.
[[nodiscard]] std::string render_json(const load_search_outcome& s);
/// RFC 4180: one line for each pattern; a missing value is empty.
[[nodiscard]] std::string render_csv(const load_search_outcome& s);

}  // namespace pipebench::reporting
