// Names in a sentence. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

using words = std::vector<std::string>;

/// "a, b and c"
[[nodiscard]] std::string listed(const words& names);

/// Adds "what: a, b and c"; nothing if there are no names.
void add_named(words& out, std::string_view what, const words& names);

}  // namespace pipebench::reporting
