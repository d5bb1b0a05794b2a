// The one type of durations in parameters and results. Text forms: contracts/units.hpp.
#pragma once

#include <chrono>

namespace pipebench {

using duration = std::chrono::microseconds;

inline constexpr duration max_duration = std::chrono::hours{24};

}  // namespace pipebench
