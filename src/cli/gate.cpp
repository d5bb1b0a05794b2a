// gate: an old binary against this one, in one session, and an exit code for CI.
#include "session/gate.hpp"
#include "cli/command.hpp"
#include "cli/export_files.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/thresholds.hpp"
#include "cli/values.hpp"
#include "cli/work_options.hpp"
#include "report/gate.hpp"
#include "system/child_process.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

namespace pipebench {
namespace {

constexpr std::uint64_t default_gate_orders = 5000;

struct gate_options {
    std::string base, head;
    work_options_ptr work = std::make_shared<work_options>();
    std::shared_ptr<server_choice> servers = std::make_shared<server_choice>();
    thresholds_ptr thresholds = std::make_shared<std::vector<threshold>>();
    export_wishes exports = std::make_shared<std::vector<export_wish>>();
    std::uint64_t rounds = default_gate_rounds;
    duration run_limit = std::chrono::minutes(10);
    bool allow_mismatch = false;
    std::string format = "text";
    colour_wish colour = colour_wish::automatic;
    verbosity speech = verbosity::normal;
};

gate_settings settings_of(const gate_options& options, const CLI::App& app) {
    gate_settings s;
    s.own_binary = own_binary();
    s.base = options.base;
    s.head = options.head.empty() ? s.own_binary : options.head;
    s.patterns = patterns_of(*options.work);
    if (s.patterns.empty()) throw setup_error("--pattern: none is left to measure");
    s.work = workload_of(*options.work);
    s.work_arguments = work_arguments(app, *options.work);
    s.command = printable_command();
    s.servers = *options.servers;
    check_addresses(s.servers);
    s.rounds = options.rounds;
    s.thresholds = *options.thresholds;
    s.run_limit = options.run_limit;
    s.allow_mismatch = options.allow_mismatch;
    return s;
}

exit_code code_for(const gate_outcome& g) {
    if (g.signal == SIGINT) return exit_code::interrupted;
    if (g.signal == SIGTERM) return exit_code::terminated;
    if (!g.unbalanced.empty()) return exit_code::not_trustworthy;
    if (!g.verdict.regressions().empty()) return exit_code::check_failed;
    return g.verdict.passed() ? exit_code::ok : exit_code::not_trustworthy;
}

std::string render(const gate_outcome& g, std::string_view format, colours c) {
    if (format == "markdown") return reporting::render_markdown(g);
    if (format == "json") return reporting::render_json(g);
    return reporting::render_text(g, c);
}

exit_code carry_out(const gate_options& options, const CLI::App& app) {
    const auto settings = settings_of(options, app);
    const export_files files(*options.exports);
    gate_observer observer;
    if (options.speech == verbosity::normal)
        observer.message = [](const std::string& text) { fmt::print(stderr, "gate: {}\n", text); };
    observer.can_be_saved = [&](const gate_outcome& so_far) {
        files.save([&](std::string_view format) { return render(so_far, format, colours::off); });
    };
    const auto outcome = run_gate(settings, observer);
    files.write([&](std::string_view format) { return render(outcome, format, colours::off); });
    if (!files.take_stdout())
        print_result(render(outcome, options.format, colours_for(STDOUT_FILENO, options.colour)));
    return code_for(outcome);
}

void declare_what(CLI::App& app, const std::shared_ptr<gate_options>& o) {
    app.option_defaults()->group("What against what");
    app.add_option("--baseline", o->base, "path of the old pipebench")->required()->type_name("BINARY");
    app.add_option("--head", o->head, "path of the new one [this one]")->type_name("BINARY");
    add_count(app, "-r,--repeat", {fewest_gate_rounds, 1000}, fmt::format("rounds [{}]", default_gate_rounds),
              [o](auto n) { o->rounds = n; });
    declare_thresholds(app, o->thresholds);
    app.add_flag("--allow-mismatch", o->allow_mismatch, "go on although the two were built or set up differently");
    add_duration(app, "--run-limit", {std::chrono::seconds{1}, std::chrono::hours{24}},
                 "for one run of either; one that takes longer has failed [10m]",
                 [o](duration d) { o->run_limit = d; });
}

void declare_output(CLI::App& app, const std::shared_ptr<gate_options>& o) {
    app.option_defaults()->group("Output (the verdict goes to stdout, all else to stderr)");
    add_choice(app, "--format", {"text", "markdown", "json"}, "how to render it [text]",
               [o](const std::string& f) { o->format = f; });
    declare_exports(app, {"markdown", "json"}, o->exports);
    add_colour_option(app, o->colour);
    add_quiet_option(app, o->speech);
}

}  // namespace

action declare_gate(CLI::App& app) {
    const auto options = std::make_shared<gate_options>();
    options->work->profile = "capacity";
    options->work->orders = default_gate_orders;
    declare_what(app, options);
    declare_work(app, options->work);
    declare_servers(app, options->servers);
    declare_output(app, options);
    return [options, &app] { return carry_out(*options, app); };
}

}  // namespace pipebench
