// Whether this box can hold a run, known before it starts.
#pragma once

#include "pipebench/pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pipebench {

struct box_limits {
    std::uint64_t descriptors = 0;
    std::uint64_t ports = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t processes = 0;
};

[[nodiscard]] box_limits limits_of_this_box();

/// Nothing, or one line that says what does not fit, with the numbers, and how to make it fit. Pure.
[[nodiscard]] std::optional<std::string> does_not_fit(const pattern& p, const workload& work,
                                                      const box_limits& limits);

}  // namespace pipebench
