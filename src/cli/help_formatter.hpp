// Lays --help out for the width of the terminal. Includes CLI11: only command.cpp includes it.
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace pipebench {

/// --help-all shows every option, --help the usual ones of a command that has many.
enum class help_extent : unsigned char { usual, all };

class help_formatter final : public CLI::Formatter {
public:
    help_formatter(std::size_t width, help_extent extent) : width_(width), extent_(extent) {}

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> opts) const override;
    std::string make_option(const CLI::Option* opt, bool is_positional) const override;
    std::string make_subcommand(const CLI::App* sub) const override;

private:
    std::size_t width_;
    help_extent extent_;
    mutable bool leaves_out_ = false;  ///< rare options: decided for the command whose help is made
};

}  // namespace pipebench
