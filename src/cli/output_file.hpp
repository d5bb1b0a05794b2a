// A result file. It is checked to be writable before any measurement, and never half written.
#pragma once

#include "contracts/error.hpp"
#include "system/descriptor.hpp"
#include "system/patience.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pipebench {

/// "-" is stdout. A regular file is written under a temporary name and renamed; anything else (a pipe, a device, a
/// symbolic link) is written directly.
class output_file {
public:
    /// Throws setup_error if it cannot be written.
    output_file(std::string option, std::string path);

    [[nodiscard]] bool is_stdout() const noexcept { return path_ == "-"; }
    /// True for a regular file, which may be written repeatedly. A pipe would get every version.
    [[nodiscard]] bool can_be_replaced() const noexcept { return !in_place_ && !is_stdout(); }
    /// Throws setup_error, also if `until` has no more patience and nobody reads what is written.
    void write(const std::string& content, const patience& until = {}) const;

private:
    [[nodiscard]] std::pair<descriptor, std::string> make_temporary() const;
    void write_all(int to, std::string_view content, const patience& until) const;
    [[nodiscard]] setup_error failure(int error_number) const;

    std::string option_, path_;
    bool in_place_ = false;  ///< not a regular file
};

}  // namespace pipebench
