// Reads saved results from untrusted files.
#pragma once

#include "pipebench/result.hpp"

#include <string>

namespace pipebench {

inline constexpr std::size_t max_result_bytes = 64u << 20;

/// `path`: "-" is the standard input. Throws setup_error, in one line that names the file, if it is missing, empty,
/// too large, or not a result.
[[nodiscard]] session_result read_result_file(const std::string& path);

}  // namespace pipebench
