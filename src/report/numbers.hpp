// How every report writes a number; one that is not finite becomes "-". Pure.
#pragma once

#include "analysis/metrics.hpp"
#include "analysis/statistics.hpp"
#include "contracts/number.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pipebench::reporting {

/// With this number of decimals. 0 becomes "0"; a positive number is never shown as 0 ("<0.01").
[[nodiscard]] std::string fixed(double value, int decimals);

/// With about four significant digits.
[[nodiscard]] std::string number(double value);

/// Seconds with two decimals, three below one second.
[[nodiscard]] std::string seconds(double value);

/// In MB of 10^6 bytes, with one decimal; "-" if not known.
[[nodiscard]] std::string megabytes(const known_bytes& bytes);

/// 0.05 becomes "5".
[[nodiscard]] std::string percent(double share);

/// failed / orders in percent; only exact shares are shown as "0" or "100".
[[nodiscard]] std::string error_percent(std::uint64_t failed, std::uint64_t orders);

/// A ratio: "1.082".
[[nodiscard]] std::string factor(double ratio);

/// The range of a ratio: "1.05 to 1.11"; "-" without one.
[[nodiscard]] std::string range_of(const ratio_estimate& e);

/// The same in JSON; null without a range.
[[nodiscard]] nlohmann::ordered_json json_of(const std::optional<interval>& range);

/// A metric with its unit: "CPU/order (us)".
[[nodiscard]] std::string metric_name(const metric& m);

}  // namespace pipebench::reporting
