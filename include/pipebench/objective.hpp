// Objectives (SLOs): which share of the orders must be done within which time.
#pragma once

#include "pipebench/duration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Of the responses of an open run. What was not stored counts as late.
struct objective {
    double quantile = 0;  ///< 0.99 for p99
    duration limit{};
    bool operator==(const objective&) const = default;
};
inline constexpr std::size_t max_objectives = 4;

[[nodiscard]] std::optional<objective> parse_objective(std::string_view text);  ///< "p99<500ms"
[[nodiscard]] std::string format_objective(const objective& o);
/// A list with commas, at most max_objectives.
[[nodiscard]] std::optional<std::vector<objective>> parse_objectives(std::string_view text);
[[nodiscard]] std::string format_objectives(const std::vector<objective>& all);

}  // namespace pipebench
