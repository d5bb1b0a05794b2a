// The commands and their options as data, read from the same declarations as --help: what the man page and the
// completions of shells are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class Option;
}  // namespace CLI

namespace pipebench {

struct declared_option {
    std::vector<std::string> names;  ///< as typed: "-p", "--pattern"; empty for a positional argument
    std::string placeholder;         ///< of its value: "ID"; empty for a flag
    std::string help, group;
    std::string environment;  ///< the variable that stands for it; empty if none
    bool required = false;
    bool comma_list = false;  ///< its value may be several, separated by commas
    bool repeatable = false;
    bool several = false;  ///< takes more than one word
    [[nodiscard]] bool positional() const noexcept { return names.empty(); }
};

[[nodiscard]] declared_option declared(const CLI::Option& from);
/// Its help, with what stands for it and whether it must be given: "... (or VARIABLE) (required)".
[[nodiscard]] std::string description_of(const declared_option& o);

struct declared_command {
    std::string name, summary;
    std::vector<declared_option> options;  ///< without hidden ones
};

/// All commands that users call; the first is the default.
[[nodiscard]] std::vector<declared_command> command_tree();

/// What the value of an option can be, for completions.
struct value_choice {
    enum class kind : unsigned char { none, anything, words, file, directory, program };
    kind what = kind::none;            ///< none: a flag
    std::vector<std::string> words{};  ///< a word that ends with '=' is a beginning
    bool comma_list = false;           ///< several of the words, separated by commas
    bool or_file = false;              ///< the words, or a file
    bool several = false;              ///< more than one word
};

[[nodiscard]] value_choice choice_of(const declared_option& o, const declared_command& c);

}  // namespace pipebench
