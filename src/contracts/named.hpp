// The value of an enum that a word names.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace pipebench {

/// Of the first `count` values, each of which has a name_of().
template <class Name>
[[nodiscard]] std::optional<Name> named(std::string_view word, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        if (name_of(static_cast<Name>(i)) == word) return static_cast<Name>(i);
    return std::nullopt;
}

}  // namespace pipebench
