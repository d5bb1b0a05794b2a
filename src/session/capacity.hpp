// Checks before a run whether this machine can hold it.
#pragma once

#include "pipebench/pattern.hpp"
#include "system/box.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct box_limits {
    std::uint64_t descriptors = no_limit;
    std::uint64_t ports = no_limit;
    std::uint64_t memory_bytes = no_limit;
    std::uint64_t threads = no_limit;              ///< that may still start, processes included
    std::uint64_t threads_per_process = no_limit;  ///< for which its address space has room
};

[[nodiscard]] box_limits limits_of_this_box();

/// nullopt if `id` fits, else one line with the cause, the numbers, and how to make it fit. Pure.
[[nodiscard]] std::optional<std::string> does_not_fit(std::string_view id, const needs& need,
                                                      const box_limits& limits);

/// The largest need of each resource. Pure.
[[nodiscard]] needs largest_of(const std::vector<needs>& all);

/// Raises the limit of descriptors to these needs plus a few for pipebench. Returns the new limit.
std::uint64_t raise_descriptor_limit_for(const needs& most);

}  // namespace pipebench
