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
    bool details = false;
    std::string events{};  ///< --events; with "-", stdout has those, and not the result
};

void declare_colour(option_set& options, colour_choice& colour);  ///< --color

/// Declares --format, --color, --details, and --export-FORMAT for each format except text.
void declare_output(option_set& options, output_options& o, const std::vector<std::string>& formats);

/// Renders a result in a format.
using renderer = std::function<std::string(std::string_view format, const look&)>;

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
    void check_events(const output_options& options) const;

    struct open_export {
        std::string format;
        output_file file;
    };
    std::vector<open_export> exports_;
    std::string format_;
    look look_;                     ///< of stdout
    bool is_stdout_taken_ = false;  ///< by --events
};

}  // namespace pipebench
