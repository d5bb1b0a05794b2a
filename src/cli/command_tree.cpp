#include "cli/command_tree.hpp"

#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/options.hpp"
#include "contracts/scenario.hpp"
#include "pipebench/pattern.hpp"
#include "session/chaos_plan.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::string_view list_suffix = ",...";  ///< of a placeholder: a list of such values, for a sweep

declared_command read(const subcommand& from) {
    CLI::App app(from.summary, from.name);
    app.set_help_flag("-h,--help", texts_of_help().help_flag);
    const auto it = from.make();
    option_set options(app);
    declare_config(app);
    it->declare(options);
    declared_command out{from.name, from.summary, {}};
    for (const auto* o : app.get_options())
        if (!o->get_group().empty()) out.options.push_back(declared(*o));
    return out;
}

bool is_choice(const std::string& placeholder) {
    return placeholder.find('|') != std::string::npos &&
           placeholder.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-|") == std::string::npos;
}

std::vector<std::string> alternatives_in(const std::string& text) {
    std::vector<std::string> out(1);
    for (const char c : text)
        if (c == '|') out.emplace_back();
        else out.back() += c;
    return out;
}

std::vector<std::string> pattern_words(const declared_command& c) {
    std::vector<std::string> out{"all"};
    const auto is_runner = [](const declared_option& o) { return o.names == std::vector<std::string>{"--runner"}; };
    if (std::any_of(c.options.begin(), c.options.end(), is_runner)) out.emplace_back("none");
    for (const pattern& p : patterns()) out.emplace_back(p.id);
    return out;
}

std::vector<std::string> scenario_words() {
    std::vector<std::string> out;
    for (const scenario& s : scenarios()) out.push_back(s.name);
    return out;
}

std::vector<std::string> metric_words() {
    std::vector<std::string> out;
    for (const metric& m : metrics()) out.push_back(fmt::format("{}=", m.id));
    return out;
}

std::vector<std::string> chaos_words() {
    std::vector<std::string> out;
    for (const auto target : chaos_targets) out.push_back(format_chaos({.target = target}));
    return out;
}

/// By the placeholder, without the suffix of a list.
value_choice choice_at(const std::string& placeholder, const declared_command& c) {
    using kind = value_choice::kind;
    if (placeholder.empty()) return {};
    if (is_choice(placeholder)) return {.what = kind::words, .words = alternatives_in(placeholder)};
    if (placeholder == "ID") return {.what = kind::words, .words = pattern_words(c)};
    if (placeholder == "NAME|FILE") return {.what = kind::words, .words = scenario_words(), .or_file = true};
    if (placeholder == "WHAT@SHARE") return {.what = kind::words, .words = chaos_words()};
    if (placeholder == "METRIC=SHARE") return {.what = kind::words, .words = metric_words()};
    if (placeholder == "FILE" || placeholder == "URL|FILE" || placeholder == "BINARY" || placeholder == "BASE" ||
        placeholder == "HEAD")
        return {.what = kind::file};
    if (placeholder == "DIR") return {.what = kind::directory};
    if (placeholder == "COMMAND") return {.what = kind::program};
    return {.what = kind::anything};
}

}  // namespace

declared_option declared(const CLI::Option& from) {
    declared_option out;
    for (const auto& name : from.get_snames()) out.names.push_back("-" + name);
    for (const auto& name : from.get_lnames()) out.names.push_back("--" + name);
    if (from.get_type_size() != 0) {
        out.placeholder = from.get_type_name();
        if (out.positional() && out.placeholder == "TEXT") out.placeholder = from.get_name(true);
    }
    out.help = from.get_description();
    std::replace(out.help.begin(), out.help.end(), '\n', ' ');
    out.group = from.get_group();
    out.environment = from.get_envname();
    out.required = from.get_required();
    out.comma_list = from.get_delimiter() == ',' || out.placeholder.ends_with(list_suffix);
    out.repeatable = from.get_items_expected_max() > 1;
    out.several = out.repeatable && from.get_allow_extra_args();
    return out;
}

std::string description_of(const declared_option& o) {
    auto out = o.help;
    if (!o.environment.empty()) out += fmt::format(" (or {})", o.environment);
    return o.required && !o.positional() ? out + " (required)" : out;
}

std::vector<declared_command> command_tree() {
    std::vector<declared_command> out;
    for (const auto& c : subcommands())
        if (!is_internal(c)) out.push_back(read(c));
    return out;
}

value_choice choice_of(const declared_option& o, const declared_command& c) {
    auto placeholder = o.placeholder;
    if (placeholder.ends_with(list_suffix)) placeholder.resize(placeholder.size() - list_suffix.size());
    auto out = choice_at(placeholder, c);
    out.comma_list = o.comma_list && out.what == value_choice::kind::words;
    out.several = o.several;
    return out;
}

}  // namespace pipebench
