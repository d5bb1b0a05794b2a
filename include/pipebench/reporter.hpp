// A result in one format. A reporter is a pure function of the model (src/report/model.hpp), which holds the result
// and all that is computed from it: the same result gives the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

struct report_model;

enum class colours : std::uint8_t { off, on };

struct reporter {
    std::string_view id;  ///< as in `report --format`
    std::string_view summary;
    std::string (*render)(const report_model&, colours);
};

/// The table of formats; a new one is a new file and a line here.
[[nodiscard]] std::span<const reporter> reporters() noexcept;
[[nodiscard]] const reporter* find_reporter(std::string_view id) noexcept;

}  // namespace pipebench
