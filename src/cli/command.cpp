#include "cli/command.hpp"

#include "analysis/assertion.hpp"
#include "analysis/summary.hpp"
#include "cli/config_file.hpp"
#include "cli/help_formatter.hpp"
#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"
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

constexpr const char* all_well = "  0    all well\n";
constexpr const char* check_failed = "  1    an assertion, comparison or gate failed, or an objective was not met\n";
constexpr const char* gave_up = "  1    gave up: servers were away for too long\n";
constexpr const char* unusable = "  2    usage or environment error: nothing was measured, or a file not written\n";
constexpr const char* unfit = "  2    usage or environment error\n";
constexpr const char* not_trustworthy = "  3    the ledger does not balance, or the measurement is invalid\n";
constexpr const char* interrupted = "  130  interrupted (SIGINT), 143 terminated (SIGTERM, SIGHUP):\n"
                                    "       the partial result was written\n";
constexpr const char* stopped = "  130  interrupted (SIGINT), 143 terminated (SIGTERM, SIGHUP)\n";
constexpr const char* of_program = "  any  that of the program that it ran\n";

constexpr std::array of_measurement{all_well, check_failed, unusable, not_trustworthy, interrupted};
constexpr std::array of_saved_result{all_well, check_failed, unusable, not_trustworthy};
constexpr std::array of_worker{all_well, gave_up, unfit, stopped};
constexpr std::array of_services{all_well, unfit, stopped, of_program};
constexpr std::array of_tool{all_well, unfit};

constexpr const char* about_values = "Numbers take suffixes (-n 10k), durations take units (--http-latency 100ms).";

std::string exit_codes(std::span<const char* const> lines) {
    std::string out = "Exit codes:\n";
    for (const char* line : lines) out += line;
    out.pop_back();  // the last end of line
    return out;
}

bool takes_quantities(const CLI::App& command) {
    const auto all = command.get_options();
    return std::any_of(all.begin(), all.end(),
                       [](const auto* o) { return o->get_type_name() == "N" || o->get_type_name() == "TIME"; });
}

/// What stands below the options of a command.
std::string ending_of(const subcommand& c, const CLI::App& command) {
    return exit_codes(c.exit_codes) + (takes_quantities(command) ? std::string("\n\n") + about_values : "");
}

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

}  // namespace

std::span<const subcommand> subcommands() noexcept {
    static constexpr std::array table{
        subcommand{"run", "measure patterns (the default command)", make_run, of_measurement},
        subcommand{"report", "render a saved result again", make_report, of_saved_result},
        subcommand{"compare", "compare two saved results: what got better, and what worse", make_compare,
                   of_saved_result},
        subcommand{"gate", "compare an old pipebench with this one in one session, for CI", make_gate,
                   of_measurement},
        subcommand{"sweep", "measure patterns over a range of one parameter", make_sweep, of_measurement},
        subcommand{"plan", "find how many permits, threads or workers meet an objective at a rate", make_plan,
                   of_measurement},
        subcommand{"list", "list patterns, profiles, scenarios, formats and metrics", make_list, of_tool},
        subcommand{"doctor", "check what this machine can hold, and what is missing", make_doctor, of_tool},
        subcommand{"mock-api", "serve the mock order API", make_mock_api, of_tool},
        subcommand{"services", "start the servers of a run for a program of your own", make_services, of_services},
        subcommand{"worker", "join a session of redis-streams from anywhere", make_worker, of_worker},
        subcommand{"watch", "show what a session with --metrics does while it runs", make_watch, of_tool},
        subcommand{"version", "print the version, with --json the build and its libraries, too", make_version,
                   of_tool},
        subcommand{"_man", "the man page", make_man_page},
        subcommand{"_completions", "completions for a shell", make_completions},
        subcommand{"_run", "one run in a process of its own", make_run_child},
        subcommand{"_transform", "transforms orders for an event loop", make_transform_child},
        subcommand{"_metrics", "serves the metrics of a session", make_metrics_child},
        subcommand{"_watch", "the view of a session with --live", make_watch_child},
    };
    return table;
}

help_texts texts_of_help() {
    return {about, examples, exit_codes(of_measurement) + "\n\n" + about_values, help_flag};
}

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
    app.footer(std::string(examples) + texts_of_help().ending);
    for (const auto& c : subcommands()) {
        auto* sub = app.add_subcommand(c.name, is_internal(c) ? "" : c.summary);
        if (is_internal(c)) sub->group("");
    }
    auto* part = chosen != nullptr ? app.get_subcommand(chosen->name) : &app;
    if (it != nullptr) {
        option_set options(*part);
        if (!is_internal(*chosen)) declare_config(*part);
        it->declare(options);
        part->footer(ending_of(*chosen, *part));
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
        throw usage_error(e, *part);
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
