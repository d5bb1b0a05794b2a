#include "cli/config_file.hpp"

#include "cli/command.hpp"
#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"
#include "system/descriptor.hpp"

#include <fcntl.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t largest_file = 1 << 20;
constexpr const char* config_option = "--config";
/// They may hold passwords, which belong into the environment.
constexpr std::array<std::string_view, 3> addresses{"postgres", "redis", "target"};
/// Not of the work, and so not of its file.
constexpr std::array<std::string_view, 4> of_the_command_line{"help", "config", "print-config", "version"};

template <class Names>
bool is_one_of(const std::string& name, const Names& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes the option and its value out of the words.
std::optional<std::string> take_file(std::vector<std::string>& words) {
    std::optional<std::string> out;
    for (auto at = words.begin(); at != words.end();) {
        const bool alone = *at == config_option;
        if (*at == "--") break;
        if (!alone && !at->starts_with("--config=")) {
            ++at;
            continue;
        }
        if (out) throw setup_error("--config: give it once");
        if (alone && at + 1 == words.end()) throw setup_error("--config: needs a FILE");
        out = alone ? *(at + 1) : at->substr(std::string_view("--config=").size());
        at = words.erase(at, at + (alone ? 2 : 1));
    }
    return out;
}

std::string text_of(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string out;
    if (!file.is_open() || read_into(out, file.get(), largest_file) == read_stop::by_error)
        throw setup_error(system_failure("cannot read it", errno));
    if (out.size() > largest_file) throw setup_error("it is larger than 1 MiB");
    return out;
}

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0; }

bool is_given(const CLI::Option& option, const std::vector<std::string>& words) {
    const auto says = [&](const std::string& word) {
        for (const auto& name : option.get_lnames())
            if (word == "--" + name || word.starts_with("--" + name + "=")) return true;
        for (const auto& name : option.get_snames())
            if (word.starts_with("-" + name) && !word.starts_with("--")) return true;
        return false;
    };
    return std::any_of(words.begin(), std::find(words.begin(), words.end(), "--"), says);
}

const CLI::Option& option_of(const CLI::App& command, const std::string& name) {
    std::vector<std::string> known;
    for (const auto* option : command.get_options())
        for (const auto& other : option->get_lnames()) {
            if (is_one_of(other, of_the_command_line)) continue;
            if (other == name) return *option;
            known.push_back(other);
        }
    throw setup_error(
        fmt::format("'{}' is no option of {}{}", printable(name, 60), command.get_name(), did_you_mean(name, known)));
}

/// Whether an entry of the file is for this command: at its top, or in the section of the command.
bool is_for(const CLI::ConfigItem& item, const CLI::App& command) {
    std::vector<std::string> commands;
    for (const auto& c : subcommands())
        if (!is_internal(c)) commands.emplace_back(c.name);
    if (!item.parents.empty() && !is_one_of(item.parents.front(), commands))
        throw setup_error(not_one_of("section", item.parents.front(), commands));
    if (item.name == "++" || item.name == "--") return false;  // of CLI11: a section begins, or ends
    return item.parents.empty() || (item.parents.size() == 1 && item.parents.front() == command.get_name());
}

void add_words(const CLI::ConfigItem& item, const CLI::App& command, const std::vector<std::string>& given,
               std::vector<std::string>& out) {
    const auto& option = option_of(command, item.name);
    if (is_given(option, given)) return;
    if (is_flag(option)) {
        const auto value = item.inputs.empty() ? "true" : item.inputs.front();
        if (value != "true" && value != "false") throw setup_error(fmt::format("{} is true or false", item.name));
        if (value == "true") out.push_back("--" + item.name);
        return;
    }
    for (const auto& value : item.inputs) out.push_back(fmt::format("--{}={}", item.name, value));
}

std::string quoted(const std::string& text) {
    return text.find('"') == std::string::npos ? '"' + text + '"' : "'" + text + "'";
}

}  // namespace

void declare_config(CLI::App& command) {
    command.add_option(config_option)
        ->type_name("FILE")
        ->description("options from a TOML file; those of the command line go first");
    command.add_flag("--print-config")->description("print these options as such a file, and end");
}

void insert_config(std::vector<std::string>& words, const CLI::App& command) {
    const auto file = take_file(words);
    if (!file) return;
    try {
        std::istringstream text(text_of(*file));
        std::vector<std::string> more;
        for (const auto& item : CLI::ConfigTOML().from_config(text))
            if (is_for(item, command)) add_words(item, command, words, more);
        words.insert(words.begin() + 1, more.begin(), more.end());
    } catch (const CLI::Error& e) {
        throw setup_error(fmt::format("--config: {}: {}", printable(*file), printable(e.what())));
    } catch (const setup_error& e) {
        throw setup_error(fmt::format("--config: {}: {}", printable(*file), e.what()));
    }
}

std::string printed_config(const CLI::App& command) {
    std::string out = fmt::format("# pipebench {} --config FILE\n", command.get_name());
    for (const auto* option : command.get_options()) {
        if (option->get_lnames().empty() || option->get_positional()) continue;
        const auto& name = option->get_lnames().front();
        if (is_one_of(name, of_the_command_line) || option->count() == 0) continue;
        if (is_one_of(name, addresses)) {
            out += fmt::format("# {}: may hold a password; use PIPEBENCH_{}\n", name,
                               name == "postgres" ? "POSTGRES"
                               : name == "redis"  ? "REDIS"
                                                  : "TARGET");
            continue;
        }
        std::vector<std::string> values;
        for (const auto& value : option->results()) values.push_back(quoted(value));
        if (is_flag(*option)) out += fmt::format("{} = true\n", name);
        else if (values.size() == 1) out += fmt::format("{} = {}\n", name, values.front());
        else out += fmt::format("{} = [{}]\n", name, fmt::join(values, ", "));
    }
    return out;
}

}  // namespace pipebench
