// A result in one format. A reporter is a pure function: the same result gives the same bytes.
#pragma once

#include "pipebench/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pipebench {

enum class colours : std::uint8_t { off, on };

struct reporter {
    std::string_view id;  ///< as in `report --format`
    std::string_view summary;
    std::string (*render)(const session_result&, colours);
};

/// The table of formats; a new one is a new file and a line here.
[[nodiscard]] std::span<const reporter> reporters() noexcept;
[[nodiscard]] const reporter* find_reporter(std::string_view id) noexcept;

}  // namespace pipebench
