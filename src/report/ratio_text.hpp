// How comparisons and gates show their numbers, alike. Pure.
#pragma once

#include "analysis/comparison.hpp"
#include "report/table.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace pipebench::reporting {

/// With about four digits that mean something.
[[nodiscard]] std::string number(double value);
/// "5" of 0.05; "-" of what is no number.
[[nodiscard]] std::string percent(double share);
/// A ratio: "1.082".
[[nodiscard]] std::string factor(double ratio);
/// "1.05 to 1.11"; "-" where there is none.
[[nodiscard]] std::string range_of(const ratio_estimate& e);
/// "CPU/order (us)"
[[nodiscard]] std::string metric_name(const metric& m);
/// For a terminal; every line but the first indented.
[[nodiscard]] std::string wrapped(const std::string& text, std::size_t indent);

/// null where there is none.
[[nodiscard]] nlohmann::ordered_json json_of(const std::optional<interval>& range);

}  // namespace pipebench::reporting
