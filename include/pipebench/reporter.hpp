// A result in one format. A reporter is a pure function of the model (src/report/model.hpp), which holds the result
// and all that is computed from it: the same result gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

struct report_model;

enum class colours : std::uint8_t { off, on };

/// How a text for a terminal is to look. Files are not for a terminal: they have no colours, and all details.
struct look {
    static constexpr std::size_t usual_width = 100;

    look(colours c = colours::off, std::size_t columns = usual_width, bool all = false)
        : ink(c), width(columns), details(all) {}

    colours ink;
    std::size_t width;  ///< of a line, in columns of the terminal
    bool details;       ///< also what only some ask for
};

struct reporter {
    std::string_view id;  ///< as in `report --format`
    std::string_view summary;
    std::string (*render)(const report_model&, const look&);
};

/// The table of formats; a new one is a new file and a line here.
[[nodiscard]] std::span<const reporter> reporters() noexcept;
[[nodiscard]] const reporter* find_reporter(std::string_view id) noexcept;

}  // namespace pipebench
