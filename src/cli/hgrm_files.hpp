// --export-hgrm DIR: a file of HdrHistogram's text for each distribution of a result.
#pragma once

#include "pipebench/result.hpp"

#include <string>

namespace pipebench {

class option_set;

/// Declares the option; `directory` stays empty without it.
void declare_hgrm(option_set& options, std::string& directory);
/// Makes the directory if it does not exist, but none above it. Throws setup_error if files cannot be made in it.
void require_hgrm_directory(const std::string& directory);
/// "PATTERN.service.hgrm", and of open runs "PATTERN.response.hgrm" and "PATTERN.wait.hgrm". Throws setup_error.
void write_hgrm_files(const std::string& directory, const session_result& r);

}  // namespace pipebench
