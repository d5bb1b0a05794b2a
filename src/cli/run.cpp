// run: measures patterns, and reports.
#include "analysis/assertion.hpp"
#include "cli/command.hpp"
#include "cli/export_files.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "cli/work_options.hpp"
#include "pipebench/reporter.hpp"
#include "session/session.hpp"

#include <unistd.h>

#include <csignal>
#include <memory>

namespace pipebench {
namespace {

struct run_options {
    session_options_ptr session = std::make_shared<session_options>();
    export_wishes exports = std::make_shared<std::vector<export_wish>>();
    std::vector<std::string> assertions;
    bool keep = false;
    colour_wish colour = colour_wish::automatic;
    verbosity speech = verbosity::normal;
};

std::vector<assertion> assertions_of(const run_options& options, const session_settings& settings) {
    std::vector<std::string> ids;
    for (const pattern* p : settings.patterns) ids.emplace_back(p->id);
    std::vector<assertion> out;
    for (const auto& text : options.assertions) out.emplace_back(text, ids);
    return out;
}

exit_code code_for(const session_outcome& outcome) {
    if (outcome.signal == SIGINT) return exit_code::interrupted;
    if (outcome.signal == SIGTERM) return exit_code::terminated;
    return code_of(outcome.result, outcome.result.assertions);
}

renderer rendering_of(const session_result& result) {
    return [&result](std::string_view format) { return find_reporter(format)->render(result, colours::off); };
}

exit_code measure_and_report(const run_options& options) {
    auto settings = settings_of(*options.session);
    settings.tables = options.keep ? leftovers::keep : leftovers::drop;
    const auto assertions = assertions_of(options, settings);
    const export_files files(*options.exports);
    auto observer = make_progress_observer(options.speech);
    observer.can_be_saved = [&](const session_result& so_far) { files.save(rendering_of(so_far)); };
    auto outcome = run_session(settings, observer);
    if (!outcome.result.interrupted)
        for (const auto& a : assertions) outcome.result.assertions.push_back(a.check(outcome.result));
    files.write(rendering_of(outcome.result));
    if (!files.take_stdout())
        print_result(find_reporter("text")->render(outcome.result, colours_for(STDOUT_FILENO, options.colour)));
    return code_for(outcome);
}

using options_ptr = std::shared_ptr<run_options>;

void declare_assertions(CLI::App& app, const options_ptr& o) {
    app.add_option("--assert", o->assertions, "a condition, e.g. 'all.lost == 0'; exit code 1 when it does not hold")
        ->type_name("CONDITION")
        ->allow_extra_args(false);
}

void declare_output(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("Output (the table goes to stdout, all else to stderr)");
    std::vector<std::string> formats;
    for (const auto& r : reporters())
        if (r.id != "text") formats.emplace_back(r.id);
    declare_exports(app, formats, o->exports);
    declare_grace(app, o->session);
    add_colour_option(app, o->colour);
    add_quiet_option(app, o->speech);
}

}  // namespace

action declare_run(CLI::App& app) {
    const auto options = std::make_shared<run_options>();
    declare_work(app, options->session->work);
    declare_rounds(app, options->session);
    app.add_flag("--profile-stages", options->session->profile_stages,
                 "sample where CPU time goes: fetch, transform, store, or scheduling");
    app.add_flag_callback(
        "--no-watch", [session = options->session] { session->watch = watching::end_only; },
        "time, CPU and ledger only: no samples, latencies or progress; to see what those cost");
    declare_assertions(app, options);
    declare_run_childs(app, options->session);
    declare_trouble(app, options->session);
    declare_servers(app, options->session->servers);
    app.add_flag("--keep", options->keep, "leave the tables in PostgreSQL");
    declare_output(app, options);
    return [options] { return measure_and_report(*options); };
}

}  // namespace pipebench
