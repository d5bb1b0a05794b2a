// Names in a sentence. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

using words = std::vector<std::string>;

/// "a, b and c"
[[nodiscard]] std::string listed(const words& names);

/// Adds "what: a, b and c"; nothing if there are no names.
void add_named(words& out, std::string_view what, const words& names);

enum class beside : std::uint8_t { nothing, others };
/// "12 other figures did not change": below those that did, or in place of a table.
[[nodiscard]] std::string unchanged(std::size_t figures, beside shown);

}  // namespace pipebench::reporting
