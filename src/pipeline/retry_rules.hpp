// Decides whether to retry, and when; see also backoff.hpp. Pure.
#pragma once

#include "contracts/backoff.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace pipebench {

/// True if another attempt can help: after connection failures, time-outs, HTTP 429 and 5xx, and when the database
/// went away. Wrong content stays wrong.
[[nodiscard]] bool worth_retrying(error_kind kind) noexcept;

/// The wait that a Retry-After asks for, from `now`. It holds seconds, or a date in one of HTTP's three forms (RFC
/// 9110, 5.6.7 and 10.2.3). 0 for a past date, and at most max_duration; nullopt for any other text, and for more
/// than max_retry_after bytes.
inline constexpr std::size_t max_retry_after = 64;
[[nodiscard]] std::optional<duration> parse_retry_after(std::string_view value, std::chrono::sys_seconds now);

/// The same number for the same order and attempt in every pattern.
[[nodiscard]] std::uint64_t random_of(std::uint64_t seed, order_id id, unsigned attempt) noexcept;

}  // namespace pipebench
