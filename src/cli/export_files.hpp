// --export-FORMAT FILE: what was measured, in files or on stdout, in as many formats as were asked for.
#pragma once

#include "cli/output_file.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// One that was asked for.
struct export_wish {
    std::string format, path;
};
using export_wishes = std::shared_ptr<std::vector<export_wish>>;

/// Declares --export-FORMAT for each of them.
void declare_exports(CLI::App& app, const std::vector<std::string>& formats, const export_wishes& wishes);

using renderer = std::function<std::string(std::string_view format)>;

class export_files {
public:
    /// Throws setup_error for what could not be written in the end: called before anything is measured.
    explicit export_files(const std::vector<export_wish>& wishes);

    /// The files alone, and not stdout: a session that goes on may be saved as often as it likes.
    void save(const renderer& render) const;
    /// All of them.
    void write(const renderer& render) const;
    [[nodiscard]] bool take_stdout() const;

private:
    struct open_export {
        std::string format;
        output_file file;
    };
    std::vector<open_export> exports_;
};

/// To stdout, where nothing else is. Throws setup_error when it cannot be written.
void print_result(const std::string& text);

}  // namespace pipebench
