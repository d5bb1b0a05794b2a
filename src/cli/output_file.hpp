// A file of results: found to be writable before anything is measured, and never half written.
#pragma once

#include <string>

namespace pipebench {

/// "-" is stdout. A regular file is written beside its place and renamed into it; anything else (a pipe, a
/// device) is written directly.
class output_file {
public:
    /// Throws setup_error when it could not be written.
    output_file(std::string option, std::string path);
    output_file(output_file&& other) noexcept;
    output_file& operator=(output_file&&) = delete;
    ~output_file();

    [[nodiscard]] bool is_stdout() const noexcept { return path_ == "-"; }
    void write(const std::string& content);

private:
    std::string option_, path_, temporary_;
};

}  // namespace pipebench
