#include "pipebench/objective.hpp"

#include "contracts/comma_list.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

constexpr double thousandths_of_a_percent = 100'000;  ///< in 1

/// "99.9" gives 0.999. Its thousandths are a whole number, which spares an error of rounding.
std::optional<double> parse_percentile(std::string_view text) {
    const auto thousandths = parse_count(std::string(text) + "k");
    if (!thousandths) return std::nullopt;
    const double quantile = static_cast<double>(*thousandths) / thousandths_of_a_percent;
    return quantile > 0 && quantile < 1 ? std::optional(quantile) : std::nullopt;
}

std::string format_percentile(double quantile) {
    return fmt::format("{}", std::round(quantile * thousandths_of_a_percent) / 1000);
}

std::string_view without_spaces_before(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

std::string_view without_spaces_after(std::string_view text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

std::optional<objective> parse_objective(std::string_view text) {
    const auto sign = text.find('<');
    if (sign == std::string_view::npos || !text.starts_with('p')) return std::nullopt;
    const auto quantile = parse_percentile(without_spaces_after(text.substr(1, sign - 1)));
    const auto limit = parse_duration(without_spaces_before(text.substr(sign + 1)));
    if (!quantile || !limit || *limit == duration{}) return std::nullopt;
    return objective{.quantile = *quantile, .limit = *limit};
}

std::string format_objective(const objective& o) {
    return fmt::format("p{}<{}", format_percentile(o.quantile), format_duration(o.limit));
}

std::optional<std::vector<objective>> parse_objectives(std::string_view text) {
    return parse_list(text, max_objectives, parse_objective);
}

std::string format_objectives(const std::vector<objective>& all) { return format_list(all, format_objective); }

}  // namespace pipebench
