// Suggests the name that a user may have meant.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

/// ", did you mean 'x'?" for the nearest of `known` by Levenshtein's distance; empty if none is near.
[[nodiscard]] std::string did_you_mean(const std::string& given, const std::vector<std::string>& known);

/// "'fanout' is not a pattern, did you mean 'fan-out'? (known: ...)"
[[nodiscard]] std::string not_one_of(const std::string& kind, const std::string& given,
                                     const std::vector<std::string>& known);

}  // namespace pipebench
