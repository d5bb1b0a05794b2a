#include "cli/usage_error.hpp"

#include "cli/command_tree.hpp"
#include "contracts/suggestion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pipebench {
namespace {

using words = std::vector<std::string>;

std::string see_help(const CLI::App& command) {
    const auto name = command.get_parent() != nullptr ? command.get_name() + " " : std::string();
    return fmt::format("see 'pipebench {}--help'", name);
}

words options_of(const CLI::App& command) {
    words out;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames()) out.push_back("--" + name);
    return out;
}

/// The commands that have an option of this name.
words commands_with(const std::string& option) {
    words out;
    for (const auto& command : command_tree()) {
        const auto has_it = [&](const declared_option& o) {
            return std::find(o.names.begin(), o.names.end(), option) != o.names.end();
        };
        if (std::any_of(command.options.begin(), command.options.end(), has_it)) out.push_back(command.name);
    }
    return out;
}

setup_error unknown_option(const std::string& word, const CLI::App& command) {
    const auto given = word.substr(0, word.find_first_of(" ="));
    const auto others = commands_with(given);
    const auto hint = others.empty() ? did_you_mean(given, options_of(command))
                                     : fmt::format(", an option of {}", fmt::join(others, ", "));
    return setup_error(fmt::format("{}: unknown option {}{}{} {}", command.get_name(), printable(given, 80), hint,
                                   hint.ends_with('?') ? "" : ";", see_help(command)));
}

/// A word too many.
setup_error surplus(const std::string& word, const CLI::App& command) {
    words taken;
    for (const auto* option : command.get_options())
        if (option->get_positional()) taken.push_back(option->get_type_name());
    const auto takes = taken.empty() ? std::string("options only") : fmt::format("{}", fmt::join(taken, " and "));
    return setup_error(fmt::format("{}: '{}' is one word too many: it takes {}; {}", command.get_name(),
                                   printable(word, 80), takes, see_help(command)));
}

/// The first option that must be given and is not.
setup_error missing(const CLI::App& command) {
    for (const auto* option : command.get_options()) {
        if (!option->get_required() || option->count() > 0) continue;
        const auto it = declared(*option);
        const auto name = it.positional() ? it.placeholder : it.names.back() + " " + it.placeholder;
        return setup_error(
            fmt::format("{}: {} is missing ({}); {}", command.get_name(), name, it.help, see_help(command)));
    }
    return setup_error(fmt::format("a command is missing; {}", see_help(command)));
}

}  // namespace

setup_error usage_error(const CLI::ParseError& e, const CLI::App& command) {
    const auto left = command.remaining(true);
    const auto is_option = [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); };
    const auto unknown = std::find_if(left.begin(), left.end(), is_option);
    if (unknown != left.end()) return unknown_option(*unknown, command);
    if (!left.empty()) return surplus(left.front(), command);
    if (dynamic_cast<const CLI::RequiredError*>(&e) != nullptr) return missing(command);
    std::string text = e.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    auto name = printable(text.substr(0, text.find_first_of(": ")));
    if (!name.starts_with('-')) name.insert(0, name.size() == 1 ? "-" : "--");  // of a flag
    if (text.find("At Most 1 required") != std::string::npos) return setup_error(name + ": give it once");
    if (text.find(": 1 required") != std::string::npos) return setup_error(name + ": needs a value");
    if (text.ends_with("disallowed flag override")) return setup_error(name + ": takes no value");
    return setup_error(printable(text));
}

}  // namespace pipebench
