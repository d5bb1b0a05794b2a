// What two results differ in, field by field: what makes their numbers incomparable, and what may differ. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// What stands for a value that one of the two does not have.
inline constexpr std::string_view absent = "not there";

/// A field that is not the same in both. Foreign text: describe() it.
struct difference {
    std::string field;  ///< "box.cores", "parameters.permits"
    std::string base, head;
    [[nodiscard]] bool is_of_one_alone() const { return base == absent || head == absent; }
};
/// "box.cores: 2 against 8", printable, each value cut to so many bytes.
[[nodiscard]] std::string describe(const difference& d, std::size_t limit);

/// What differs that must not: patterns that were run, box, profile, parameters, build type, sanitizers, servers.
/// Memory may by 2 %.
[[nodiscard]] std::vector<difference> mismatches(const session_result& base, const session_result& head);

/// What may: the versions of pipebench and of the compiler.
[[nodiscard]] std::vector<difference> version_differences(const session_result& base, const session_result& head);

}  // namespace pipebench
