// The files that are built into the binary for the pages of --export-html (cmake/page.cmake).
#pragma once

#include <string_view>

namespace pipebench::reporting {

[[nodiscard]] std::string_view page_style() noexcept;     ///< page/page.css
[[nodiscard]] std::string_view page_script() noexcept;    ///< page/page.js
[[nodiscard]] std::string_view chart_library() noexcept;  ///< Chart.js, as its package has it, without addresses
[[nodiscard]] std::string_view chart_licence() noexcept;  ///< page/chart-licence.txt

}  // namespace pipebench::reporting
