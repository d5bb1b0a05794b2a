// Lists as people write them on the command line: "10/s,50/s".
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The parts between the commas; one empty part for an empty text.
[[nodiscard]] inline std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> out;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        out.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

/// nullopt if a part cannot be parsed, or if there are more than `most`.
template <class Value>
[[nodiscard]] std::optional<std::vector<Value>> parse_list(std::string_view list, std::size_t most,
                                                           std::optional<Value> (*parse)(std::string_view)) {
    std::vector<Value> out;
    for (const auto part : parts_of(list)) {
        auto value = parse(part);
        if (!value || out.size() == most) return std::nullopt;
        out.push_back(*std::move(value));
    }
    return out;
}

template <class Value>
[[nodiscard]] std::string format_list(const std::vector<Value>& values, std::string (*format)(const Value&)) {
    std::string out;
    for (const auto& value : values) out += (out.empty() ? "" : ",") + format(value);
    return out;
}

}  // namespace pipebench
