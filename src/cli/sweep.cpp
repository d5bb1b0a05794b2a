// sweep: the patterns over a range of one parameter, each point a session of its own, and how many orders fan-out
// holds.
#include "session/sweep.hpp"

#include "cli/command.hpp"
#include "cli/export_files.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "cli/work_options.hpp"
#include "contracts/units.hpp"
#include "report/sweep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <memory>

namespace pipebench {
namespace {

constexpr std::size_t most_points = 50;

/// A parameter that can be swept.
struct axis {
    const char* option;
    const char* label;                                           ///< "c" of "c=50"
    std::string (*value)(const work_options&, const workload&);  ///< in one form: "1k" is "1000"
};
constexpr std::array axes{
    axis{"--concurrency", "c", [](const work_options& o, const workload&) { return std::to_string(o.concurrency); }},
    axis{"--http-latency", "http",
         [](const work_options&, const workload& w) { return format_duration(w.http.mean); }},
    axis{"--db-latency", "db", [](const work_options&, const workload& w) { return format_duration(w.db_latency); }},
    axis{"--http-jitter", "jitter",
         [](const work_options&, const workload& w) { return format_jitter(w.http.spread); }},
    axis{"--orders", "n", [](const work_options&, const workload& w) { return std::to_string(w.orders); }},
};

struct sweep_options {
    session_options_ptr session = std::make_shared<session_options>();
    std::map<const axis*, std::vector<std::string>> lists;  ///< of two values or more
    bool find_limit = false;
    export_wishes exports = std::make_shared<std::vector<export_wish>>();
    std::string format = "text";
    colour_wish colour = colour_wish::automatic;
    verbosity speech = verbosity::normal;
};
using sweep_options_ptr = std::shared_ptr<sweep_options>;

/// The work with one option more, parsed and checked as `run` does it. Throws CLI::ParseError.
work_options with(work_options base, const axis& a, const std::string& value) {
    const auto out = std::make_shared<work_options>(std::move(base));
    CLI::App app;
    declare_work(app, out);
    app.parse(std::vector<std::string>{fmt::format("{}={}", a.option, value)});
    return *out;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    for (auto end = list.find(','); end != std::string::npos; begin = end + 1, end = list.find(',', begin))
        out.push_back(list.substr(begin, end - begin));
    out.push_back(list.substr(begin));
    return out;
}

void take_values(const sweep_options_ptr& o, const axis& a, const std::string& text) {
    const auto values = split(text);
    if (values.size() > most_points)
        throw setup_error(
            fmt::format("{}: {} values; a sweep has {} points at most", a.option, values.size(), most_points));
    for (const auto& v : values) {
        if (v.empty()) throw setup_error(fmt::format("{}: a value in its list is empty", a.option));
        static_cast<void>(with({}, a, v));
    }
    if (values.size() > 1) o->lists[&a] = values;
    else *o->session->work = with(*o->session->work, a, values.front());
}

/// In place of the option that takes one value: the same with a list.
void declare_list(CLI::App& app, const sweep_options_ptr& o, const axis& a) {
    auto* single = app.get_option(a.option);
    const auto names = single->get_name(false, true), group = single->get_group();
    const auto type = single->get_type_name() + ",...", help = single->get_description();
    app.remove_option(single);
    app.add_option_function<std::string>(
           names, [o, &a](const std::string& text) { take_values(o, a, text); }, help)
        ->type_name(type)
        ->group(group);
}

const axis& swept(const sweep_options& o) {
    if (o.lists.size() == 1) return *o.lists.begin()->first;
    std::vector<std::string> given;
    for (const auto& a : axes)
        if (o.lists.empty() || o.lists.contains(&a)) given.emplace_back(a.option);
    if (o.lists.empty())
        throw setup_error(fmt::format("sweep: give one of {} a list of values, such as --concurrency 10,50,100",
                                      fmt::join(given, ", ")));
    throw setup_error(fmt::format("sweep: {} have a list each; only one can be swept", fmt::join(given, " and ")));
}

sweep_step step_at(const sweep_options& o, const axis& a, const std::string& text) {
    session_options at = *o.session;
    at.work = std::make_shared<work_options>(with(*o.session->work, a, text));
    sweep_step out;
    out.session = settings_of(at);
    out.value = a.value(*at.work, out.session.work);
    out.label = fmt::format("{}={}", a.label, out.value);
    return out;
}

limit_wish limit_of(const sweep_options& o, const axis& a) {
    const auto all = patterns_of(*o.session->work);
    const bool has_limit =
        a.option == std::string_view("--orders") &&
        std::any_of(all.begin(), all.end(), [](const pattern* p) { return p->id == limited_pattern; });
    if (o.find_limit && !has_limit)
        throw setup_error("--find-limit: needs a list of --orders, and fan-out among the patterns");
    if (!has_limit) return limit_wish::none;
    return o.find_limit ? limit_wish::searched : limit_wish::from_points;
}

sweep_settings settings_of(const sweep_options& o) {
    const auto& a = swept(o);
    sweep_settings out;
    out.option = a.option;
    out.limit = limit_of(o, a);
    for (const auto& text : o.lists.at(&a)) out.steps.push_back(step_at(o, a, text));
    return out;
}

std::string render(const sweep_outcome& s, std::string_view format, colours c) {
    if (format == "markdown") return reporting::render_markdown(s);
    if (format == "json") return reporting::render_json(s);
    if (format == "csv") return reporting::render_csv(s);
    return reporting::render_text(s, c);
}

exit_code code_for(const sweep_outcome& s) {
    if (s.signal == SIGINT) return exit_code::interrupted;
    if (s.signal == SIGTERM) return exit_code::terminated;
    bool trusted = !s.limit || s.limit->balanced;
    for (const auto& point : s.points) {
        for (const auto& run : point.result.runs) trusted = trusted && run.verdict.trusted;
        for (const auto& run : point.result.warmup_runs) trusted = trusted && run.ledger.balanced();
    }
    return trusted ? exit_code::ok : exit_code::not_trustworthy;
}

exit_code carry_out(const sweep_options& options) {
    const auto settings = settings_of(options);
    const export_files files(*options.exports);
    sweep_observer observer;
    observer.session = make_progress_observer(options.speech);
    observer.can_be_saved = [&](const sweep_outcome& so_far) {
        files.save([&](std::string_view format) { return render(so_far, format, colours::off); });
    };
    const auto outcome = run_sweep(settings, observer);
    files.write([&](std::string_view format) { return render(outcome, format, colours::off); });
    if (!files.take_stdout())
        print_result(render(outcome, options.format, colours_for(STDOUT_FILENO, options.colour)));
    return code_for(outcome);
}

void declare_limit(CLI::App& app, const sweep_options_ptr& o) {
    app.option_defaults()->group("What to run");
    app.add_flag("--find-limit", o->find_limit,
                 "with a list of --orders: go on until fan-out breaks, in 12 runs at most, to within 5 %");
}

void declare_output(CLI::App& app, const sweep_options_ptr& o) {
    app.option_defaults()->group("Output (the tables go to stdout, all else to stderr)");
    add_choice(app, "--format", {"text", "markdown", "json", "csv"}, "how to render it [text]",
               [o](const std::string& f) { o->format = f; });
    declare_exports(app, {"markdown", "json", "csv"}, o->exports);
    declare_grace(app, o->session);
    add_colour_option(app, o->colour);
    add_quiet_option(app, o->speech);
}

}  // namespace

action declare_sweep(CLI::App& app) {
    const auto options = std::make_shared<sweep_options>();
    declare_work(app, options->session->work);
    for (const auto& a : axes) declare_list(app, options, a);
    declare_limit(app, options);
    declare_rounds(app, options->session);
    declare_servers(app, options->session->servers);
    declare_output(app, options);
    return [options] { return carry_out(*options); };
}

}  // namespace pipebench
