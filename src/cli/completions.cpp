// _completions: prints the completions for a shell, made from the declarations of the options. The build installs them.
#include "cli/command.hpp"
#include "cli/command_tree.hpp"
#include "cli/options.hpp"
#include "contracts/value_form.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string_view>

namespace pipebench {
namespace {

using kind = value_choice::kind;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string command_names(const std::vector<declared_command>& all) {
    std::string out;
    for (const auto& c : all) out += c.name + " ";
    return out + "help";
}

// ---- bash

constexpr std::string_view bash_functions = R"sh(
_pipebench() {
    local cur word option='' prefix='' command=run kind
    local -i i first=1 distance=0
    local -a words=() value=() left=()
    COMPREPLY=()
    # bash takes --name=value apart at the '='; here it becomes one word again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ ${words[-1]} == --*= || (${words[-1]} == --* && $word == =) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    cur=${words[-1]}
    if ((${#words[@]} == 2)) && [[ $cur != -* ]] || [[ ${words[1]} == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$_pipebench_commands" -- "$cur")
        return
    fi
    if [[ ${words[1]} != -* ]]; then
        command=${words[1]}
        first=2
    fi
    if [[ $cur == --*=* ]]; then
        option=${cur%%=*}
        [[ ${COMP_WORDS[COMP_CWORD]} != "$cur" ]] || prefix=$option=
        cur=${cur#*=}
        distance=1
    elif [[ $cur != -* ]]; then
        for ((i = ${#words[@]} - 2; i >= first; i--)); do
            distance+=1
            if [[ ${words[i]} == -* ]]; then
                option=${words[i]}
                break
            fi
        done
    fi
    [[ -z $option ]] || read -ra value <<<"$(_pipebench_value "$command" "$option")"
    # An option that takes one word has it already, if there is one between.
    if ((distance > 1)) && [[ ${value[0]-} != *+ ]]; then value=(); fi
    if ((${#value[@]} == 0)); then
        [[ $cur == -* ]] || read -ra value <<<"$(_pipebench_value "$command" '')"
        if ((${#value[@]} == 0)); then
            mapfile -t COMPREPLY < <(compgen -W "$(_pipebench_options "$command")" -- "$cur")
            ((${#words[@]} > 2)) || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W '-V --version' -- "$cur")
            return
        fi
    fi
    kind=${value[0]%+}
    if [[ $kind == *list* && $cur == *,* ]]; then
        for word in "${value[@]:1}"; do
            [[ ,${cur%,*}, == *,"$word",* ]] || left+=("$word")
        done
        value=("${value[0]}" "${left[@]}")
        prefix+=${cur%,*},
        cur=${cur##*,}
    fi
    case $kind in
    words* | list*)
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "${value[*]:1}" -- "$cur")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
        ;;
    program) mapfile -t COMPREPLY < <(compgen -A command -A file -- "$cur" | sort -u) ;;
    esac
    case $kind in
    *file)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$prefix" -f -- "$cur")
        compopt -o filenames 2>/dev/null
        ;;
    directory)
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -d -- "$cur")
        compopt -o filenames 2>/dev/null
        ;;
    esac
    return 0
}
complete -F _pipebench pipebench
)sh";

std::string bash_value(const value_choice& v) {
    std::string out;
    switch (v.what) {
        case kind::none: return out;
        case kind::anything: out = "anything"; break;
        case kind::file: out = "file"; break;
        case kind::directory: out = "directory"; break;
        case kind::program: out = "program"; break;
        case kind::words: out = std::string(v.comma_list ? "list" : "words") + (v.or_file ? "-or-file" : ""); break;
    }
    out += v.several ? "+" : "";
    return v.words.empty() ? out : out + " " + joined(v.words);
}

/// The options of a command by what their values can be, as branches of a `case`.
std::string bash_branches(const declared_command& c) {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& o : c.options) {
        auto& same = names[bash_value(choice_of(o, c))];
        const auto any = c.name + ":";
        if (o.positional() && (same.empty() || same.front() != any)) same.insert(same.begin(), any);
        for (const auto& name : o.names) same.push_back(fmt::format("{}:{}", c.name, name));
    }
    std::string out;
    for (const auto& [value, options] : names)
        if (!value.empty()) out += fmt::format("    {}) echo '{}' ;;\n", fmt::join(options, " | "), value);
    return out;
}

std::string for_bash(const std::vector<declared_command>& all) {
    std::string options, values;
    for (const auto& c : all) {
        std::vector<std::string> names{"--help-all"};
        for (const auto& o : c.options) names.insert(names.end(), o.names.begin(), o.names.end());
        options += fmt::format("    {}) echo '{}' ;;\n", c.name, joined(names));
        values += bash_branches(c);
    }
    return fmt::format(
        "# bash completion for pipebench -*- shell-script -*-\n"
        "# Made by 'pipebench _completions bash' from the declarations of its options.\n\n"
        "_pipebench_commands='{}'\n\n"
        "_pipebench_options() {{\n    case $1 in\n{}    esac\n}}\n\n"
        "# What the value of an option can be: its kind, with a + if it can have several, and words. Nothing for a\n"
        "# flag. An empty name is an argument that is no option.\n"
        "_pipebench_value() {{\n    case $1:$2 in\n{}    esac\n}}\n{}",
        command_names(all), options, values, bash_functions);
}

// ---- zsh

constexpr std::string_view zsh_functions = R"sh(
# A word of a list with commas.
_pipebench_list() {
    compset -P '*,'
    compadd -- "$@"
}

_pipebench_list_or_file() {
    _pipebench_list "$@"
    _files
}

_pipebench_beginning() { compadd -S '' -- "$@"; }

_pipebench() {
    local context state state_descr line command=run
    typeset -A opt_args
    if ((CURRENT == 2)) && [[ $PREFIX != -* ]] || [[ $words[2] == help ]]; then
        _pipebench_commands
        return
    fi
    if [[ $words[2] != -* ]]; then
        command=$words[2]
        shift words
        ((CURRENT--))
    fi
    ((! $+functions[_pipebench_$command])) || _pipebench_$command
}

_pipebench "$@"
)sh";

/// Inside of single quotes.
std::string zsh_text(std::string text) {
    text = replaced(std::move(text), "\\", "\\\\");
    for (const char* c : {"[", "]", ":"}) text = replaced(std::move(text), c, std::string("\\") + c);
    return replaced(std::move(text), "'", "'\\''");
}

std::string zsh_action(const value_choice& v) {
    switch (v.what) {
        case kind::none: return "";
        case kind::anything: return " ";
        case kind::file: return "_files";
        case kind::directory: return "_files -/";
        case kind::program: return "_normal";
        case kind::words: break;
    }
    if (v.or_file) return " _pipebench_list_or_file " + joined(v.words);
    if (v.words.front().ends_with('=')) return " _pipebench_beginning " + joined(v.words);
    return v.comma_list ? " _pipebench_list " + joined(v.words) : fmt::format("({})", joined(v.words));
}

std::string zsh_specification(const declared_option& o, const declared_command& c) {
    const auto choice = choice_of(o, c);
    const auto action = zsh_action(choice);
    const auto argument = action.empty() ? "" : fmt::format(":{}:{}", zsh_text(o.placeholder), action);
    if (o.positional())
        return fmt::format(" \\\n        '{}:{}:{}'",
                           choice.what == kind::program ? "*:"
                           : o.several                  ? "*"
                                                        : "",
                           zsh_text(o.placeholder), action);
    std::string out;
    for (const auto& name : o.names) {
        const auto ending = action.empty() ? "" : name.starts_with("--") ? "=" : "+";
        out += fmt::format(" \\\n        '{}{}{}[{}]{}'", o.repeatable ? "*" : fmt::format("({})", joined(o.names)),
                           name, ending, zsh_text(o.help), argument);
    }
    return out;
}

std::string for_zsh(const std::vector<declared_command>& all) {
    std::string out = "#compdef pipebench\n"
                      "# Made by 'pipebench _completions zsh' from the declarations of its options.\n\n"
                      "_pipebench_commands() {\n    local -a all=(\n";
    for (const auto& c : all) out += fmt::format("        '{}:{}'\n", c.name, zsh_text(c.summary));
    out += "        'help:print the help of a command'\n    )\n    _describe -t commands command all\n}\n";
    for (const auto& c : all) {
        out += fmt::format("\n_pipebench_{}() {{\n    _arguments -s -S :", c.name);
        for (const auto& o : c.options) out += zsh_specification(o, c);
        out += " \\\n        '--help-all[print all options]'";
        if (&c == &all.front()) out += " \\\n        '(-V --version)'{-V,--version}'[print the version]'";
        out += "\n}\n";
    }
    return out + std::string(zsh_functions);
}

// ---- fish

constexpr std::string_view fish_functions = R"sh(
function __pipebench_is
    set -l words (commandline -opc)
    set -l command run
    if set -q words[2]; and not string match -q -- '-*' $words[2]
        set command $words[2]
    end
    contains -- $command $argv
end

function __pipebench_is_first
    test (count (commandline -opc)) -eq 1
end

# A word of a list with commas.
function __pipebench_list
    set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '^.*,')
    for word in $argv
        echo "$before$word"
    end
end

complete -c pipebench -f
)sh";

std::string fish_text(std::string text) { return replaced(replaced(std::move(text), "\\", "\\\\"), "'", "\\'"); }

std::string fish_value(const value_choice& v) {
    switch (v.what) {
        case kind::none: return "";
        case kind::anything: return " -x";
        case kind::file: return " -r -F";
        case kind::directory: return " -x -a '(__fish_complete_directories)'";
        case kind::program: return " -x -a '(__fish_complete_command)'";
        case kind::words: break;
    }
    const auto words = v.comma_list ? fmt::format("(__pipebench_list {})", joined(v.words)) : joined(v.words);
    return fmt::format(" {} -a '{}'", v.or_file ? "-r -F" : "-x", words);
}

std::string fish_line(const declared_option& o, const declared_command& c) {
    std::string out = fmt::format("complete -c pipebench -n '__pipebench_is {}'", c.name);
    const auto choice = choice_of(o, c);
    if (o.positional())
        return choice.what == kind::file      ? out + " -F\n"
               : choice.what == kind::program ? out + " -a '(__fish_complete_command)'\n"
                                              : "";
    for (const auto& name : o.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    return out + fish_value(choice) + fmt::format(" -d '{}'\n", fish_text(o.help));
}

std::string for_fish(const std::vector<declared_command>& all) {
    std::string out = "# Made by 'pipebench _completions fish' from the declarations of its options.\n";
    out += fish_functions;
    for (const auto& c : all)
        out += fmt::format("complete -c pipebench -n __pipebench_is_first -a {} -d '{}'\n", c.name,
                           fish_text(c.summary));
    out += "complete -c pipebench -n __pipebench_is_first -a help -d 'print the help of a command'\n"
           "complete -c pipebench -n __pipebench_is_first -s V -l version -d 'print the version'\n";
    out += fmt::format("complete -c pipebench -n '__pipebench_is help' -a '{}'\n", command_names(all));
    out += "complete -c pipebench -l help-all -d 'print all options'\n";
    for (const auto& c : all) {
        out += "\n";
        for (const auto& o : c.options) out += fish_line(o, c);
    }
    return out;
}

class completions_command final : public command {
public:
    void declare(option_set& options) override {
        options.text("shell", "SHELL", shell_, "bash, zsh or fish").required();
    }
    exit_code run() override {
        const auto shell = choice_form({"bash", "zsh", "fish"}).parse(shell_);
        const auto all = command_tree();
        fmt::print("{}", shell == "bash" ? for_bash(all) : shell == "zsh" ? for_zsh(all) : for_fish(all));
        return exit_code::ok;
    }

private:
    std::string shell_;
};

}  // namespace

std::unique_ptr<command> make_completions() { return std::make_unique<completions_command>(); }

}  // namespace pipebench
