#include "cli/help_formatter.hpp"

#include "cli/command_tree.hpp"
#include "report/text_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t description_column = 28;
constexpr std::size_t many_options = 40;  ///< of a command, beyond which the rare ones are left out

/// What most users need. A new option that is not here is rare.
constexpr std::array<std::string_view, 34> usual_options{
    "help",           "pattern",    "profile",        "concurrency", "orders",
    "quick",          "rate",       "duration",       "slo",         "runner",
    "http-latency",   "db-latency", "transform-cost", "repeat",      "scenario",
    "chaos",          "postgres",   "redis",          "target",      "session",
    "expect-workers", "assert",     "format",         "export-json", "export-markdown",
    "export-html",    "details",    "quiet",          "base-binary", "head-binary",
    "find-rate",      "name",       "config",         "print-config"};

bool is_usual(const CLI::Option* option) {
    if (option->get_required() || option->get_positional()) return true;
    const auto& names = option->get_lnames();
    return std::any_of(names.begin(), names.end(), [](const auto& name) {
        return std::find(usual_options.begin(), usual_options.end(), name) != usual_options.end();
    });
}

std::size_t visible_options(const CLI::App* app) {
    const auto all = app->get_options();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto* o) { return !o->get_group().empty(); }));
}

}  // namespace

std::string help_formatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
    leaves_out_ = extent_ == help_extent::usual && visible_options(app) > many_options;
    auto out = CLI::Formatter::make_help(app, std::move(name), mode);
    for (auto at = out.find("\n\n\n"); at != std::string::npos; at = out.find("\n\n\n")) out.erase(at, 1);
    return out;
}

std::string help_formatter::make_group(std::string group, bool is_positional,
                                       std::vector<const CLI::Option*> opts) const {
    if (leaves_out_) std::erase_if(opts, [](const auto* o) { return !is_usual(o); });
    return opts.empty() ? "" : CLI::Formatter::make_group(std::move(group), is_positional, std::move(opts));
}

std::string help_formatter::make_option(const CLI::Option* opt, bool is_positional) const {
    std::string name = make_option_name(opt, is_positional);
    if (opt->get_type_size() != 0 && !opt->get_type_name().empty()) name += " " + opt->get_type_name();
    if (opt->get_expected_max() > 1 && opt->get_delimiter() != ',') name += " ...";
    return reporting::entry("  " + name, description_of(declared(*opt)), description_column, width_);
}

std::string help_formatter::make_subcommand(const CLI::App* sub) const {
    return reporting::entry("  " + sub->get_name(), sub->get_description(), description_column, width_);
}

}  // namespace pipebench
