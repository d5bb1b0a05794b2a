// A file of results: found to be writable before anything is measured, and never half written.
#pragma once

#include "contracts/error.hpp"
#include "system/descriptor.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pipebench {

/// "-" is stdout. A regular file is written beside its place and renamed into it; anything else (a pipe, a
/// device, a symbolic link) is written directly.
class output_file {
public:
    /// Throws setup_error when it could not be written.
    output_file(std::string option, std::string path);

    [[nodiscard]] bool is_stdout() const noexcept { return path_ == "-"; }
    /// A regular file, which may be written again and again; a pipe would get it all each time.
    [[nodiscard]] bool can_be_replaced() const noexcept { return !in_place_ && !is_stdout(); }
    void write(const std::string& content) const;

private:
    [[nodiscard]] std::pair<descriptor, std::string> make_temporary() const;
    void write_all(int to, std::string_view content) const;
    [[nodiscard]] setup_error failure(int error_number) const;

    std::string option_, path_;
    bool in_place_ = false;  ///< not a regular file
};

}  // namespace pipebench
