// How long to wait before the next attempt: exponential backoff with full jitter. Pure.
// Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
#pragma once

#include "pipebench/workload.hpp"

#include <cstdint>

namespace pipebench {

/// random(0, min(cap, base * 2^(attempt - 1))) after the attempt of that number, from 1; `random` is uniform in
/// 0..2^64-1.
[[nodiscard]] duration backoff(const retry_policy& policy, unsigned attempt, std::uint64_t random) noexcept;

}  // namespace pipebench
