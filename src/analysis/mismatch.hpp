// The fields in which two results differ: those that make them incomparable, and those that may differ. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Replaces a value that one of the two lacks.
inline constexpr std::string_view absent = "not there";

/// Contains foreign text: use describe() to show it.
struct difference {
    std::string field;  ///< "box.cores", "parameters.permits"
    std::string base, head;
    [[nodiscard]] bool is_of_one_alone() const { return base == absent || head == absent; }
};
/// "box.cores: 2 against 8", printable, each value cut to `limit` bytes.
[[nodiscard]] std::string describe(const difference& d, std::size_t limit);

/// Differences in patterns, box, profile, parameters, build type, sanitizers and servers. Memory may differ by 2 %.
[[nodiscard]] std::vector<difference> mismatches(const session_result& base, const session_result& head);

/// Differences in the versions of pipebench and the compiler, which are allowed.
[[nodiscard]] std::vector<difference> version_differences(const session_result& base, const session_result& head);

}  // namespace pipebench
