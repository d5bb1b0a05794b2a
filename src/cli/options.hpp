// Declares the options of a subcommand. Only options.cpp, command.cpp, command_tree.cpp, config_file.cpp,
// help_formatter.cpp and usage_error.cpp include CLI11, which is slow to compile.
#pragma once

#include "contracts/value_form.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pipebench {

/// A declared option, for further settings.
class option {
public:
    explicit option(CLI::Option* it) : it_(it) {}
    option& required();
    option& environment(const char* variable);  ///< used if the option is not given
    option& hidden();                           ///< not in --help

private:
    CLI::Option* it_;
};

/// Called with the text of a value. May throw setup_error; the caller prefixes the name of the option.
using take_text = std::function<void(const std::string&)>;

/// Options refer to variables of their subcommand and write them when the command line is parsed. `names` is
/// "-n,--orders". The default in --help is the value of the variable when its option is declared.
class option_set {
public:
    explicit option_set(CLI::App& app) : app_(app) {}
    option_set(const option_set&) = delete;
    option_set& operator=(const option_set&) = delete;

    /// Puts the following options under this title in --help.
    void group(const std::string& title);

    template <class T>
    option value(const std::string& names, const value_form<T>& form, T& into, const std::string& help) {
        return once(
            names, form.placeholder, [&into, parse = form.parse](const auto& text) { into = parse(text); },
            help + " [" + form.format(into) + "]");
    }
    option text(const std::string& names, const std::string& placeholder, std::string& into, const std::string& help);
    /// One value, at most once.
    option once(const std::string& names, const std::string& placeholder, take_text take, const std::string& help);
    /// May be given several times, with one value each.
    option repeated(const std::string& names, const std::string& placeholder, take_text take,
                    const std::string& help);
    option repeated(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                    const std::string& help);
    /// One value or more, until the next option; may be given several times.
    option several(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                   const std::string& help);
    /// Values separated by commas: one word.
    option list(const std::string& names, const std::string& placeholder, std::vector<std::string>& into,
                const std::string& help);
    /// All remaining words that are not options.
    option rest(const std::string& name, std::vector<std::string>& into, const std::string& help);
    option flag(const std::string& names, std::function<void()> take, const std::string& help);
    option flag(const std::string& names, bool& into, const std::string& help);

private:
    CLI::App& app_;
};

/// "--orders" of "-n,--orders".
[[nodiscard]] std::string_view long_name(std::string_view names);

}  // namespace pipebench
