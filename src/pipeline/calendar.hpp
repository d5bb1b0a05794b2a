// Dates of the delivery promise. Pure.
#pragma once

#include "pipebench/order.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// "2026-03-14T09:26:53Z", exactly: RFC 3339 in UTC without fractions.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text);

/// The day by which the service level promises delivery: a number of working days (Monday to Friday) after the day of
/// the order, or after the next working day if that is not one.
[[nodiscard]] std::chrono::sys_days promised_day(std::chrono::sys_seconds created_at, service_level service);

/// YYYY-MM-DD.
[[nodiscard]] std::string format_day(std::chrono::sys_days day);

}  // namespace pipebench
