// Writes a result to stdout in the chosen --format, and to the files of --export-FORMAT FILE.
#pragma once

#include "cli/output_file.hpp"
#include "cli/terminal.hpp"
#include "pipebench/reporter.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

class option_set;

struct export_wish {
    std::string format, path;
};

struct output_options {
    std::string format = "text";
    std::vector<export_wish> exports;
    colour_choice colour = colour_choice::automatic;
};

/// Declares --format, --color, and --export-FORMAT for each format except text.
void declare_output(option_set& options, output_options& o, const std::vector<std::string>& formats);
/// Parts of declare_output(), for a command that does not have all of these options.
void declare_format(option_set& options, output_options& o, const std::vector<std::string>& formats);
void declare_exports(option_set& options, output_options& o, const std::vector<std::string>& formats);
void declare_colour(option_set& options, output_options& o);

/// Renders a result in a format; files get no colours.
using renderer = std::function<std::string(std::string_view format, colours)>;

class result_output {
public:
    /// Construct it before any measurement: throws setup_error if a file cannot be written.
    explicit result_output(const output_options& options);

    /// Writes only the files, not stdout. A running session may call it repeatedly.
    void save(const renderer& render) const;
    /// Writes the result to stdout, in the format of an export if one goes there, and then the files: all that can be
    /// written. Throws setup_error for the first failure.
    /// `until`: how long readers that do not read are waited for.
    void emit(const renderer& render, const patience& until = {}) const;

private:
    struct open_export {
        std::string format;
        output_file file;
    };
    std::vector<open_export> exports_;
    std::string format_;
    colour_choice colour_;
};

}  // namespace pipebench
