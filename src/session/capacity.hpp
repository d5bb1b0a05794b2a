// Whether this box can hold a run, known before it starts.
#pragma once

#include "pipebench/pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct box_limits {
    std::uint64_t descriptors = 0;
    std::uint64_t ports = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t processes = 0;
};

[[nodiscard]] box_limits limits_of_this_box();

/// One line that says what of `id` does not fit, with the numbers, and how to make it fit; none when all fits. Pure.
[[nodiscard]] std::optional<std::string> does_not_fit(std::string_view id, const needs& need,
                                                      const box_limits& limits);

/// Of each resource the most that one of them needs. Pure.
[[nodiscard]] needs largest_of(const std::vector<needs>& all);

/// Raises the limit of descriptors to what these needs take, and some for ourselves. The limit from here on.
std::uint64_t raise_descriptor_limit_for(const needs& most);

}  // namespace pipebench
