// sweep: the patterns over a range of one parameter, each point a session of its own, and how many orders fan-out
// holds.
#include "analysis/sweep.hpp"

#include "cli/command.hpp"
#include "cli/export_files.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "cli/work_options.hpp"
#include "measure/box.hpp"
#include "measure/capacity.hpp"
#include "measure/session.hpp"
#include "report/sweep.hpp"
#include "report/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <limits>
#include <map>
#include <memory>

namespace pipebench {
namespace {

constexpr std::size_t most_points = 50;
constexpr std::string_view fan_out_id = "fan-out";

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

/// What a point asks of the box, one resource at a time.
struct resource {
    const char* name;
    const char* unit;
    std::uint64_t box_limits::*amount;
    std::uint64_t divisor;
};
constexpr std::array resources{
    resource{"descriptors", "", &box_limits::descriptors, 1},
    resource{"local ports", "", &box_limits::ports, 1},
    resource{"processes", "", &box_limits::processes, 1},
    resource{"memory", " MB", &box_limits::memory_bytes, 1'000'000},
};

/// The first that is too small by itself.
std::string cause_of(const pattern& p, const workload& work, const box_limits& limits) {
    constexpr auto plenty = std::numeric_limits<std::uint64_t>::max();
    for (const auto& r : resources) {
        box_limits alone{plenty, plenty, plenty, plenty};
        alone.*r.amount = limits.*r.amount;
        if (does_not_fit(p, work, alone))
            return fmt::format("{} (this box has {}{})", r.name, reporting::grouped(limits.*r.amount / r.divisor),
                               r.unit);
    }
    return "the box";
}

std::optional<misfit> why_left_out(const pattern& p, const workload& work) {
    raise_descriptor_limit(p.needs_at(work).descriptors + 1000);  // as a session does
    const auto limits = limits_of_this_box();
    const auto why = does_not_fit(p, work, limits);
    if (!why) return std::nullopt;
    return misfit{std::string(p.id), cause_of(p, work, limits), *why};
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

/// A point, and what is measured for it.
struct planned_point {
    sweep_point shown;
    session_settings settings;
};

planned_point plan_point(const sweep_options& o, const axis& a, const std::string& text) {
    session_options at = *o.session;
    at.work = std::make_shared<work_options>(with(*o.session->work, a, text));
    planned_point out;
    out.settings = settings_of(at);
    out.shown.value = a.value(*at.work, out.settings.work);
    out.shown.label = fmt::format("{}={}", a.label, out.shown.value);
    std::erase_if(out.settings.patterns, [&](const pattern* p) {
        auto why = why_left_out(*p, out.settings.work);
        if (why) out.shown.left_out.push_back(std::move(*why));
        return why.has_value();
    });
    return out;
}

/// Two points that are the same work would be one that is measured twice.
void refuse_twins(const std::vector<planned_point>& plan, const axis& a) {
    for (std::size_t i = 0; i < plan.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            if (plan[i].shown.value == plan[j].shown.value)
                throw setup_error(fmt::format("{}: {} is in its list twice", a.option, plan[i].shown.value));
            if (nlohmann::json(plan[i].settings.work) == nlohmann::json(plan[j].settings.work))
                throw setup_error(
                    fmt::format("{}: {} and {} are the same work: profile {} or another option sets what "
                                "it would change",
                                a.option, plan[j].shown.value, plan[i].shown.value, plan[i].settings.profile));
        }
}

std::vector<planned_point> plan_of(const sweep_options& o, const axis& a) {
    std::vector<planned_point> out;
    for (const auto& text : o.lists.at(&a)) out.push_back(plan_point(o, a, text));
    refuse_twins(out, a);
    const auto is_empty = [](const planned_point& p) { return p.settings.patterns.empty(); };
    if (std::all_of(out.begin(), out.end(), is_empty))
        throw setup_error("no point fits: " + out.front().shown.left_out.front().why);
    return out;
}

const pattern& fan_out() {
    const auto all = patterns();
    return *std::find_if(all.begin(), all.end(), [](const pattern& p) { return p.id == fan_out_id; });
}

/// The fewest orders of fan-out that do not fit, by bisection: costs nothing. Nothing: the most that is tried fits.
std::optional<limit_try> fewest_that_do_not_fit(workload work) {
    std::uint64_t fits = 0, does_not = search_bounds{}.most_orders + 1;
    std::optional<limit_try> out;
    while (does_not - fits > 1) {
        work.orders = fits + (does_not - fits) / 2;
        const auto refusal = why_left_out(fan_out(), work);
        (refusal ? does_not : fits) = work.orders;
        if (refusal) out = {work.orders, refusal->cause, false};
    }
    return out;
}

std::string render(const sweep_outcome& s, std::string_view format, colours c) {
    if (format == "markdown") return reporting::render_markdown(s);
    if (format == "json") return reporting::render_json(s);
    if (format == "csv") return reporting::render_csv(s);
    return reporting::render_text(s, c);
}

class sweeper {
public:
    sweeper(std::vector<planned_point> plan, sweep_outcome empty, const export_files& files,
            const session_observer& observer)
        : plan_(std::move(plan)), files_(files), observer_(observer), out_(std::move(empty)) {
        out_.interrupted = true;  // until it has come to its end
        for (const auto& p : plan_) out_.points.push_back(p.shown);
    }

    void measure_points() {
        for (std::size_t i = 0; i < plan_.size() && !stopped(); ++i) measure(i);
    }

    /// What the points say of it, and, where it is searched for, what more orders say.
    void find_limit(bool searched) {
        break_search search;
        for (std::size_t i = 0; i < plan_.size(); ++i) tell_point(search, i);
        if (searched) look_further(search);
        out_.limit = search.report();
        out_.limit->searched = searched;
    }

    sweep_outcome end() {
        out_.interrupted = stopped();
        out_.session_s = seconds_since_began();
        return std::move(out_);
    }

    /// False: the ledger of a run that the search made did not balance.
    [[nodiscard]] bool search_balanced() const { return search_balanced_; }

private:
    bool stopped() {
        signals_.poll();
        if (out_.signal == 0) out_.signal = signals_.first();
        return out_.signal != 0;
    }

    [[nodiscard]] double seconds_since_began() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }

    void measure(std::size_t i) {
        observer_.message(fmt::format("point {} of {}: {}", i + 1, plan_.size(), plan_[i].shown.label));
        for (const auto& l : plan_[i].shown.left_out) observer_.message("left out: " + l.why);
        if (plan_[i].settings.patterns.empty()) return;
        auto done = run_session(plan_[i].settings, observer_);
        out_.points[i].result = std::move(done.result);
        out_.signal = done.signal;
        out_.session_s = seconds_since_began();
        files_.save([this](std::string_view format) { return render(out_, format, colours::off); });
    }

    void tell_point(break_search& search, std::size_t i) const {
        const auto orders = plan_[i].settings.work.orders;
        for (const auto& l : out_.points[i].left_out)
            if (l.pattern == fan_out_id) search.known({orders, l.cause, false});
        for (const auto* run : runs_of(out_.points[i].result, fan_out_id))
            if (!run->interrupted) search.known({orders, what_broke(*run), true});
    }

    void look_further(break_search& search) {
        if (const auto ceiling = fewest_that_do_not_fit(plan_.front().settings.work)) search.known(*ceiling);
        for (auto n = search.next(); n && !stopped(); n = search.next()) {
            const auto cause = try_orders(*n);
            if (!cause) return;
            search.tried(*n, *cause);
        }
    }

    /// What broke, or an empty text; nothing: a signal came.
    std::optional<std::string> try_orders(std::uint64_t orders) {
        auto settings = plan_.front().settings;
        settings.patterns = {&fan_out()};
        settings.work.orders = orders;
        settings.rounds = 1;
        settings.warmup = 0;
        observer_.message(fmt::format("looking for the limit of fan-out: {} orders", orders));
        try {
            const auto done = run_session(settings, observer_);
            out_.signal = done.signal;
            if (done.result.interrupted || done.result.runs.empty()) return std::nullopt;
            const auto& run = done.result.runs.front();
            search_balanced_ = search_balanced_ && run.ledger.balanced();
            return what_broke(run);
        } catch (const setup_error& e) {
            const std::string why = e.what();
            if (!why.starts_with(fan_out_id)) throw;  // not of the run: a server did not start, ...
            return why;
        }
    }

    const std::vector<planned_point> plan_;
    const export_files& files_;
    const session_observer& observer_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    signal_watch signals_;  // for the moments between the sessions, which watch by themselves
    sweep_outcome out_;
    bool search_balanced_ = true;
};

exit_code code_for(const sweep_outcome& s, bool search_balanced) {
    if (s.signal == SIGINT) return exit_code::interrupted;
    if (s.signal == SIGTERM) return exit_code::terminated;
    bool trusted = search_balanced;
    for (const auto& point : s.points) {
        for (const auto& run : point.result.runs) trusted = trusted && run.verdict.trusted;
        for (const auto& run : point.result.warmup_runs) trusted = trusted && run.ledger.balanced();
    }
    return trusted ? exit_code::ok : exit_code::not_trustworthy;
}

sweep_outcome nothing_yet(const sweep_options& options, const axis& a) {
    sweep_outcome out;
    out.option = a.option;
    out.command = printable_command();
    out.rounds = options.session->rounds;
    for (const pattern* p : patterns_of(*options.session->work)) out.patterns.emplace_back(p->id);
    return out;
}

exit_code carry_out(const sweep_options& options) {
    const auto& a = swept(options);
    auto empty = nothing_yet(options, a);
    const bool has_limit =
        a.option == std::string_view("--orders") &&
        std::find(empty.patterns.begin(), empty.patterns.end(), fan_out_id) != empty.patterns.end();
    if (options.find_limit && !has_limit)
        throw setup_error("--find-limit: needs a list of --orders, and fan-out among the patterns");
    auto plan = plan_of(options, a);
    const export_files files(*options.exports);
    const auto observer = make_progress_observer(options.speech);
    sweeper sweep(std::move(plan), std::move(empty), files, observer);
    sweep.measure_points();
    if (has_limit) sweep.find_limit(options.find_limit);
    const auto outcome = sweep.end();
    files.write([&](std::string_view format) { return render(outcome, format, colours::off); });
    if (!files.take_stdout())
        print_result(render(outcome, options.format, colours_for(STDOUT_FILENO, options.colour)));
    return code_for(outcome, sweep.search_balanced());
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
    app.add_flag_callback(
        "-q,--quiet", [o] { o->speech = verbosity::quiet; }, "no progress on stderr");
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
