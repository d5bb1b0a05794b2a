// sweep: measures patterns over a range of one parameter, one session per point, and finds how many orders fan-out
// can hold, and at which rate a pattern meets its objectives.
#include "session/sweep.hpp"

#include "cli/command.hpp"
#include "cli/event_file.hpp"
#include "cli/live_view.hpp"
#include "cli/load_search.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/result_output.hpp"
#include "cli/session_options.hpp"
#include "contracts/units.hpp"
#include "report/sweep.hpp"
#include "session/rate_search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

constexpr std::size_t most_points = 50;

/// A parameter that can be swept.
struct axis {
    const char* option;
    const char* label;                                           ///< "c" of "c=50"
    std::string (*value)(const work_options&, const workload&);  ///< in its normal form: "1000" for "1k"
};
constexpr std::array axes{
    axis{"--concurrency", "c", [](const work_options& o, const workload&) { return std::to_string(o.concurrency); }},
    axis{"--http-latency", "http",
         [](const work_options&, const workload& w) { return format_duration(w.http.mean); }},
    axis{"--db-latency", "db", [](const work_options&, const workload& w) { return format_duration(w.db_latency); }},
    axis{"--http-jitter", "jitter",
         [](const work_options&, const workload& w) { return format_jitter(w.http.spread); }},
    axis{"--rate", "rate", [](const work_options&, const workload& w) { return format_arrival_rate(w.arrive.rate); }},
    axis{"--orders", "n", [](const work_options&, const workload& w) { return std::to_string(w.orders); }},
};

class sweep_command final : public command {
public:
    sweep_command() {
        session_.work.lists.most_values = most_points;
        for (const axis& a : axes) session_.work.lists.options.emplace_back(a.option);
    }
    void declare(option_set& options) override;
    exit_code run() override;

private:
    exit_code find_rate();
    [[nodiscard]] rate_search_settings rate_settings() const;
    [[nodiscard]] sweep_settings settings() const;
    [[nodiscard]] const axis& swept() const;
    [[nodiscard]] sweep_step step_at(const axis& a, const std::string& text) const;
    [[nodiscard]] limit_wish limit_of(const axis& a) const;

    session_options session_;
    bool find_limit_ = false, find_rate_ = false;
    output_options output_;
    metrics_options metrics_;
    verbosity speech_ = verbosity::normal;
};

void sweep_command::declare(option_set& options) {
    declare_work(options, session_.work);
    options.group("What to run");
    options.flag("--find-limit", find_limit_, "with a list of --orders: find where fan-out breaks, to within 5 %");
    options.flag("--find-rate", find_rate_, "with --slo: find the highest rate that meets it, to 3 %");
    declare_rounds(options, session_);
    declare_servers(options, session_.servers);
    options.group("Output (the tables go to stdout, all else to stderr)");
    declare_output(options, output_, {"text", "markdown", "html", "json", "csv"});
    declare_metrics(options, metrics_);
    declare_live(options, metrics_);
    declare_events(options, output_.events);
    declare_grace(options, session_);
    declare_quiet(options, speech_);
}

const axis& sweep_command::swept() const {
    const auto& lists = session_.work.lists.given;
    std::vector<std::string> given;
    for (const axis& a : axes) {
        if (lists.size() == 1 && lists.contains(a.option)) return a;
        if (lists.empty() || lists.contains(a.option)) given.emplace_back(a.option);
    }
    if (lists.empty())
        throw setup_error(fmt::format("sweep: give one of {} a list of values, such as --concurrency 10,50,100",
                                      fmt::join(given, ", ")));
    throw setup_error(fmt::format("sweep: {} have a list each; only one can be swept", fmt::join(given, " and ")));
}

sweep_step sweep_command::step_at(const axis& a, const std::string& text) const {
    session_options at = session_;
    at.work.set(a.option, text);
    sweep_step out;
    out.session = settings_of(at);
    out.value = a.value(at.work, out.session.work);
    out.label = fmt::format("{}={}", a.label, out.value);
    return out;
}

limit_wish sweep_command::limit_of(const axis& a) const {
    const auto all = patterns_of(session_.work);
    const bool has_limit =
        a.option == std::string_view("--orders") &&
        std::any_of(all.begin(), all.end(), [](const pattern* p) { return p->id == limited_pattern; });
    if (find_limit_ && !has_limit)
        throw setup_error("--find-limit: needs a list of --orders, and fan-out among the patterns");
    if (!has_limit) return limit_wish::none;
    return find_limit_ ? limit_wish::searched : limit_wish::from_points;
}

sweep_settings sweep_command::settings() const {
    const axis& a = swept();
    sweep_settings out;
    out.option = a.option;
    out.limit = limit_of(a);
    for (const auto& text : session_.work.lists.given.at(a.option)) out.steps.push_back(step_at(a, text));
    return out;
}

renderer rendering_of(const sweep_outcome& s) {
    return [&s](std::string_view format, const look& how) {
        if (format == "markdown") return reporting::render_markdown(s);
        if (format == "html") return reporting::render_html(s);
        if (format == "json") return reporting::render_json(s);
        if (format == "csv") return reporting::render_csv(s);
        return reporting::render_text(s, how);
    };
}

exit_code code_for(const sweep_outcome& s) {
    if (s.signal != 0) return code_of_signal(s.signal);
    bool trusted = !s.limit || s.limit->balanced;
    for (const auto& point : s.points) {
        for (const auto& run : point.result.runs) trusted = trusted && run.verdict.trusted();
        for (const auto& run : point.result.warmup_runs) trusted = trusted && run.ledger.balanced();
    }
    return trusted ? exit_code::ok : exit_code::not_trustworthy;
}

rate_search_settings sweep_command::rate_settings() const {
    if (find_limit_) throw setup_error("--find-rate and --find-limit: give one of them");
    const auto request = request_of(session_, "--find-rate", {"--rate", "--ramp", "--steps"});
    if (const auto& lists = session_.work.lists.given; !lists.empty())
        throw setup_error(fmt::format("--find-rate: {} has a list; give one value", lists.begin()->first));
    return {settings_of(request.session), request.length};
}

exit_code sweep_command::find_rate() {
    auto asked = rate_settings();
    const result_output output(output_);
    event_file events(output_.events);
    auto observer = observer_for(output, speech_);
    observer.session.happened = [&events](const event& e) { events.write(e); };
    const auto others = open_onlookers(metrics_, "sweep", speech_, output_, {&asked.session}, observer.session);
    const auto outcome = run_rate_search(asked, observer);
    others.end_view();
    return finish(outcome, output, "sweep");
}

exit_code sweep_command::run() {
    if (find_rate_) return find_rate();
    auto asked = settings();
    const result_output output(output_);
    sweep_observer observer;
    observer.session = make_progress_observer(speech_);
    std::vector<session_settings*> sessions;
    for (auto& step : asked.steps) sessions.push_back(&step.session);
    const auto others = open_onlookers(metrics_, "sweep", speech_, output_, sessions, observer.session);
    event_file events(output_.events);  // last, since it empties the file
    observer.session.happened = [&events](const event& e) { events.write(e); };
    observer.can_be_saved = [&](const sweep_outcome& so_far) { output.save(rendering_of(so_far)); };
    const auto outcome = run_sweep(asked, observer);
    others.end_view();
    output.emit(rendering_of(outcome));
    if (!outcome.failure.empty()) throw setup_error("sweep: " + outcome.failure);
    return code_for(outcome);
}

}  // namespace

std::unique_ptr<command> make_sweep() { return std::make_unique<sweep_command>(); }

}  // namespace pipebench
