// run: measures patterns and prints a report.
#include "analysis/assertion.hpp"
#include "cli/command.hpp"
#include "cli/event_file.hpp"
#include "cli/hgrm_files.hpp"
#include "cli/live_view.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/result_output.hpp"
#include "cli/session_options.hpp"
#include "cli/trace_options.hpp"
#include "contracts/error.hpp"
#include "contracts/parameters.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"
#include "session/process_executor.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

constexpr unsigned quick_orders = 500;
constexpr std::size_t longest_name = 120, most_tags = 50;  ///< of a name, a key or a value, in bytes

result_tag parse_tag(const std::string& text, const std::vector<result_tag>& before) {
    const auto middle = text.find('=');
    if (middle == 0 || middle == std::string::npos)
        throw setup_error(fmt::format("'{}' is not KEY=VALUE, such as branch=main", printable(text, 80)));
    result_tag out{text.substr(0, middle), text.substr(middle + 1)};
    for (const auto& part : {out.key, out.value})
        if (printable(part, longest_name) != part)
            throw setup_error(fmt::format("key and value have at most {} printable characters", longest_name));
    for (const auto& other : before)
        if (other.key == out.key) throw setup_error(fmt::format("the key {} is given twice", out.key));
    if (before.size() >= most_tags) throw setup_error(fmt::format("at most {} tags", most_tags));
    return out;
}

class run_command final : public command {
public:
    run_command() { session_.work.may_be_none = true; }
    void declare(option_set& options) override;
    exit_code run() override;

private:
    [[nodiscard]] std::vector<assertion> assertions_for(const session_settings& settings) const;

    void be_quick();

    session_options session_;
    std::vector<std::string> assertions_;
    bool quick_ = false;
    bool keep_ = false;
    std::string hgrm_, name_;
    std::vector<result_tag> tags_;
    output_options output_;
    metrics_options metrics_;
    trace_options trace_;
    verbosity speech_ = verbosity::normal;
};

void run_command::declare(option_set& options) {
    declare_work(options, session_.work);
    options.flag("--quick", quick_, fmt::format("an impression within 10 s: {} orders, one round", quick_orders));
    declare_rounds(options, session_);
    options.flag("--profile-stages", session_.profile_stages,
                 "sample where CPU time goes: fetch, transform, store, scheduling");
    options.flag("--loop-lag", session_.loop_lag, "measure the lag of event loops; on with a cost");
    options.flag(
        "--no-watch", [this] { session_.watch = watching::end_only; },
        "no samples, latencies or progress: only time, CPU and ledger");
    options
        .flag("--no-yardstick", session_.no_yardstick, "do not measure the box before each run; compare needs that")
        .environment("PIPEBENCH_NO_YARDSTICK");
    options.repeated("--assert", "CONDITION", assertions_,
                     "exit with 1 unless it holds, e.g. 'all.lost == 0'; repeatable");
    declare_runners(options, session_);
    declare_trouble(options, session_);
    declare_servers(options, session_.servers);
    options.flag("--keep", keep_, "leave the tables in PostgreSQL");
    declare_join(options, session_);
    options.group("Output (the table goes to stdout, all else to stderr)");
    std::vector<std::string> formats;
    for (const auto& r : reporters()) formats.emplace_back(r.id);
    declare_output(options, output_, formats);
    declare_events(options, output_.events);
    declare_hgrm(options, hgrm_);
    declare_trace(options, trace_);
    options.text("--name", "TEXT", name_, "a name for the result");
    options.repeated(
        "--tag", "KEY=VALUE", [this](auto& text) { tags_.push_back(parse_tag(text, tags_)); },
        "what else the result is to say of itself; repeatable");
    declare_metrics(options, metrics_);
    declare_live(options, metrics_);
    declare_grace(options, session_);
    declare_quiet(options, speech_);
}

std::vector<assertion> run_command::assertions_for(const session_settings& settings) const {
    std::vector<std::string> ids;
    for (const auto& c : settings.contestants) ids.emplace_back(c->id());
    std::vector<assertion> out;
    for (const auto& text : assertions_) out.emplace_back(text, ids);
    return out;
}

renderer rendering_of(const report_model& model) {
    return [&model](std::string_view format, const look& how) { return find_reporter(format)->render(model, how); };
}

void run_command::be_quick() {
    if (session_.rounds > 1) throw setup_error("--quick: is one round; leave out --repeat, or --quick");
    for (const parameter& p : parameters())
        if ((p.group == parameter_group::load || p.option == std::string_view("-n,--orders")) &&
            session_.work.changes.contains(&p))
            throw setup_error(
                fmt::format("--quick: chooses how many orders there are; leave out {}, or --quick", p.long_option()));
    session_.work.set("--orders", std::to_string(quick_orders));
}

exit_code run_command::run() {
    if (quick_) be_quick();
    auto settings = settings_of(session_);
    settings.tables = keep_ ? leftovers::keep : leftovers::drop;
    use_trace(trace_, settings);
    const auto assertions = assertions_for(settings);
    const result_output output(output_);
    if (!trace_.path.empty() && trace_.path == output_.events)
        throw setup_error("--events: --trace goes there, too: give one of them another file");
    const trace_output trace(trace_);
    if (!hgrm_.empty()) require_hgrm_directory(hgrm_);
    if (printable(name_, longest_name) != name_)
        throw setup_error(fmt::format("--name: at most {} printable characters", longest_name));
    settings.name = name_;
    settings.tags = tags_;
    auto observer = make_progress_observer(speech_);
    const auto others = open_onlookers(metrics_, "run", speech_, output_, {&settings}, observer);
    event_file events(output_.events);  // last, since it empties the file
    observer.happened = [&events](const event& e) { events.write(e); };
    observer.can_be_saved = [&](const session_result& so_far) {
        output.save([&](std::string_view format, const look& how) {
            return find_reporter(format)->render(model_of(so_far), how);  // not before a file asks for it
        });
    };
    signal_watch signals;
    // Its destructor ends the servers, after the result is out.
    process_executor executor(settings, signals, [](const std::string& text) {
        tell_line("pipebench: " + text);  // also with --quiet
    });
    auto outcome = run_session(settings, observer, executor, signals);
    others.end_view();
    auto& result = outcome.result;
    if (!result.interrupted)
        for (const auto& a : assertions) result.assertions.push_back(a.check(result));
    const auto model = model_of(result);
    const auto to_the_end = session_patience(signals, settings.grace).at_the_end;
    output.emit(rendering_of(model), to_the_end);
    trace.write(settings, outcome, to_the_end);
    if (!hgrm_.empty()) write_hgrm_files(hgrm_, result);
    return outcome.signal != 0 ? code_of_signal(outcome.signal) : code_of(result, result.assertions);
}

}  // namespace

std::unique_ptr<command> make_run() { return std::make_unique<run_command>(); }

}  // namespace pipebench
