// A number that is a whole text, from another program.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace pipebench {

/// nullopt if the text is anything else, or if the number does not fit.
template <class Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text) noexcept {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace pipebench
