#include "cli/command.hpp"

#include "analysis/assertion.hpp"
#include "analysis/summary.hpp"
#include "cli/config_file.hpp"
#include "cli/help_formatter.hpp"
#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "contracts/suggestion.hpp"
#include "system/own_process.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

namespace pipebench {
namespace {

constexpr const char* about = "Which concurrency pattern should carry my fetch -> transform -> PostgreSQL-write\n"
                              "pipeline? pipebench runs five patterns over the same work, checks every order,\n"
                              "and prints what each costs.";

constexpr const char* examples = "Examples:\n"
                                 "  pipebench --pattern all -n 10000     all five, each with 100 orders in flight\n"
                                 "  pipebench --quick                    all five within 10 s: an impression\n"
                                 "  pipebench -p semaphore,redis-streams -c 50 --http-latency 20ms\n"
                                 "  pipebench --profile article -n 2k --export-json result.json\n"
                                 "  pipebench report result.json --format markdown\n"
                                 "Options of run, the default command: pipebench run --help\n\n";

constexpr const char* ending = "Exit codes:\n"
                               "  0    all well\n"
                               "  1    an assertion, comparison or gate failed, or an objective was not met\n"
                               "  2    usage or environment error: nothing was measured, or a file not written\n"
                               "  3    the ledger does not balance, or the measurement is invalid\n"
                               "  130  interrupted (SIGINT), 143 terminated (SIGTERM, SIGHUP):\n"
                               "       the partial result was written\n"
                               "\n"
                               "Numbers take suffixes (-n 10k), durations take units (--http-latency 100ms).";

constexpr const char* help_flag = "print this help; --help-all prints all options";

const subcommand* find(const std::string& name) {
    const auto all = subcommands();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& c) { return name == c.name; });
    return found == all.end() ? nullptr : &*found;
}

/// `pipebench help` is `pipebench --help`, and `pipebench help sweep` is `pipebench sweep --help`.
void turn_into_option(std::vector<std::string>& arguments) {
    arguments.erase(arguments.begin());
    arguments.insert(arguments.begin() + (arguments.empty() ? 0 : 1), "--help");
}

/// `run` is the default: `pipebench -n 10k` is `pipebench run -n 10k`.
void insert_default(std::vector<std::string>& arguments) {
    static constexpr std::array general{"-h", "--help", "-V", "--version"};
    if (!arguments.empty()) {
        if (arguments.front() == "help") turn_into_option(arguments);
        const auto& first = arguments.front();
        if (std::find(general.begin(), general.end(), first) != general.end()) return;
        if (first.empty() || first[0] != '-') {
            if (find(first) != nullptr) return;
            std::vector<std::string> names;
            for (const auto& c : subcommands())
                if (!is_internal(c)) names.emplace_back(c.name);
            throw setup_error(not_one_of("command", first, names));
        }
    }
    arguments.insert(arguments.begin(), "run");
}

/// The message of CLI11, plus the nearest option that exists.
setup_error explain(const CLI::ParseError& e, const CLI::App& app) {
    std::string text = e.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    const auto option_name = text.substr(0, text.find(": "));
    if (text.find("At Most 1 required") != std::string::npos)
        return setup_error(printable(option_name) + ": give it once");
    if (text.find(": 1 required") != std::string::npos)
        return setup_error(printable(option_name) + ": needs a value");
    const auto at = text.find("--");
    if (dynamic_cast<const CLI::ExtrasError*>(&e) == nullptr || at == std::string::npos)
        return setup_error(printable(text));
    std::vector<std::string> known;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    const auto given = text.substr(at, text.find_first_of(" =", at) - at);
    return setup_error(fmt::format("unknown option {}{}; see 'pipebench {} --help'", printable(given),
                                   did_you_mean(given, known), app.get_name()));
}

}  // namespace

std::span<const subcommand> subcommands() noexcept {
    static constexpr std::array table{
        subcommand{"run", "measure patterns (the default command)", make_run},
        subcommand{"report", "render a saved result again", make_report},
        subcommand{"compare", "compare two saved results: what got better, and what worse", make_compare},
        subcommand{"gate", "compare an old pipebench with this one in one session, for CI", make_gate},
        subcommand{"sweep", "measure patterns over a range of one parameter", make_sweep},
        subcommand{"plan", "find how many permits, threads or workers meet an objective at a rate", make_plan},
        subcommand{"list", "list patterns, profiles, scenarios, formats and metrics", make_list},
        subcommand{"doctor", "check what this machine can hold, and what is missing", make_doctor},
        subcommand{"mock-api", "serve the mock order API", make_mock_api},
        subcommand{"services", "start the servers of a run for a program of your own", make_services},
        subcommand{"worker", "join a session of redis-streams from anywhere", make_worker},
        subcommand{"version", "print the version, with --json the build and its libraries, too", make_version},
        subcommand{"_man", "the man page", make_man_page},
        subcommand{"_completions", "completions for a shell", make_completions},
        subcommand{"_run", "one run in a process of its own", make_run_child},
        subcommand{"_transform", "transforms orders for an event loop", make_transform_child},
        subcommand{"_metrics", "serves the metrics of a session", make_metrics_child},
    };
    return table;
}

help_texts texts_of_help() noexcept { return {about, examples, ending, help_flag}; }

exit_code code_of(const session_result& r, const std::vector<assertion_outcome>& asked) {
    if (!is_trustworthy(r)) return exit_code::not_trustworthy;
    return all_held(asked) && !misses_an_objective(r) ? exit_code::ok : exit_code::check_failed;
}

std::unique_ptr<command> without_options(exit_code (*work)()) {
    class plain_command final : public command {
    public:
        explicit plain_command(exit_code (*work)()) : work_(work) {}
        void declare(option_set&) override {}
        exit_code run() override { return work_(); }

    private:
        exit_code (*work_)();
    };
    return std::make_unique<plain_command>(work);
}

std::optional<std::string> parse(std::vector<std::string> arguments, const subcommand* chosen, command* it) {
    CLI::App app(about, "pipebench");
    app.set_version_flag("-V,--version", "pipebench " PIPEBENCH_VERSION);
    app.require_subcommand(1);
    const bool all = std::erase(arguments, "--help-all") > 0;
    if (all) arguments.emplace_back("--help");
    app.formatter(
        std::make_shared<help_formatter>(terminal_width(STDOUT_FILENO), all ? help_extent::all : help_extent::usual));
    app.set_help_flag("-h,--help", help_flag);
    app.footer(std::string(examples) + ending);
    for (const auto& c : subcommands()) {
        auto* sub = app.add_subcommand(c.name, is_internal(c) ? "" : c.summary);
        if (is_internal(c)) sub->group("");
        sub->footer(ending);
    }
    auto* part = chosen != nullptr ? app.get_subcommand(chosen->name) : &app;
    if (it != nullptr) {
        option_set options(*part);
        if (!is_internal(*chosen)) declare_config(*part);
        it->declare(options);
        if (!is_internal(*chosen)) insert_config(arguments, *part);
    }
    try {
        std::reverse(arguments.begin(), arguments.end());  // CLI11 expects reverse order
        app.parse(std::move(arguments));
        const bool prints = it != nullptr && !is_internal(*chosen) && part->count("--print-config") > 0;
        return prints ? std::optional(printed_config(*part)) : std::nullopt;
    } catch (const CLI::CallForHelp&) {
        return part->help(part != &app ? "pipebench" : "");
    } catch (const CLI::CallForVersion& e) {
        return e.what();
    } catch (const CLI::ParseError& e) {
        throw explain(e, *part);
    }
}

exit_code run_command_line(std::vector<std::string> arguments) {
    prepare_own_process();
    insert_default(arguments);
    const auto* chosen = find(arguments.front());
    const auto it = chosen != nullptr ? chosen->make() : nullptr;
    if (const auto text = parse(std::move(arguments), chosen, it.get())) {
        std::printf("%s%s", text->c_str(), text->ends_with('\n') ? "" : "\n");
        return exit_code::ok;
    }
    return it->run();
}

}  // namespace pipebench
