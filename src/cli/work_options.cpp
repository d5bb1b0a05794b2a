#include "cli/work_options.hpp"

#include "cli/options.hpp"
#include "contracts/arrival_schedule.hpp"
#include "contracts/comma_list.hpp"
#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

constexpr const char* concurrency_option = "--concurrency";
constexpr std::size_t columns_of_a_description = 66;  ///< of --help, beside the options, in 100 columns

value_form<unsigned> concurrency_form() { return count_form<unsigned>({1, 10'000}); }

value_form<std::string> profile_form() {
    std::vector<std::string> names;
    for (const profile& p : profiles()) names.emplace_back(p.id);
    return choice_form(std::move(names));
}

std::string title_of(parameter_group group) {
    switch (group) {
        case parameter_group::load:
            return "Open load: orders arrive, ready or not (without it, all are due at the start)";
        case parameter_group::work: return "The simulated work";
        case parameter_group::patterns:
            return fmt::format("Parameters of the patterns (defaults at -c {})", default_concurrency);
        case parameter_group::selection:
        case parameter_group::scenario: break;
    }
    return "What to run";
}

bool may_have_list(const work_options& o, std::string_view option) {
    return std::find(o.lists.options.begin(), o.lists.options.end(), option) != o.lists.options.end();
}

void take_list(work_options& o, const std::string& option, const std::string& text) {
    const auto parts = parts_of(text);
    std::vector<std::string> values(parts.begin(), parts.end());
    if (values.size() > o.lists.most_values)
        throw setup_error(
            fmt::format("{} values; a sweep has {} points at most", values.size(), o.lists.most_values));
    for (const auto& value : values) {
        if (value.empty()) throw setup_error("a value in its list is empty");
        work_options{}.set(option, value);
    }
    if (values.size() == 1) o.set(option, values.front());
    else o.lists.given[option] = std::move(values);
}

/// Declares an option with one value, or with a list if value_lists allows it.
void declare_value(option_set& options, work_options& o, const std::string& names, const std::string& placeholder,
                   const std::string& help) {
    const std::string option(long_name(names));
    if (may_have_list(o, option))
        options.once(
            names, placeholder + ",...", [&o, option](auto& text) { take_list(o, option, text); }, help);
    else
        options.once(
            names, placeholder, [&o, option](auto& text) { o.set(option, text); }, help);
}

std::string help_of(const parameter& p, const work_options& o) {
    const auto usual = fmt::format("[{}]", default_of(p, o));
    const bool fits = std::string_view(p.help).size() + 1 + usual.size() <= columns_of_a_description;
    return fmt::format("{}{}{}", p.help, fits ? ' ' : '\n', usual);
}

void declare_parameters(option_set& options, work_options& o, parameter_group group) {
    options.group(title_of(group));
    for (const parameter& p : parameters())
        if (p.has_option() && p.group == group)
            declare_value(options, o, p.option, p.value.placeholder, help_of(p, o));
}

const profile& profile_of(const work_options& options) {
    const auto all = profiles();
    return *std::find_if(all.begin(), all.end(), [&](const profile& p) { return p.id == options.profile; });
}

workload unchecked_workload_of(const work_options& options, const profile& from) {
    workload w = from.at(options.concurrency);
    for (const auto& [p, text] : options.changes) p->value.parse(w, text);
    return w;
}

}  // namespace

void work_options::set(std::string_view option, const std::string& text) {
    if (option == concurrency_option) {
        concurrency = concurrency_form().parse(text);
        return;
    }
    const parameter& p = parameter_of(option);
    workload scratch;
    p.value.parse(scratch, text);
    changes[&p] = text;
}

std::string default_of(const parameter& p, const work_options& o) {
    const auto value_at = [&](const profile& from) { return p.value.format(unchecked_workload_of(o, from)); };
    const auto usual = value_at(profile_of(o));
    std::vector<std::pair<std::string, std::string>> others;  // a value, and the profiles with it
    for (const profile& from : profiles()) {
        const auto value = value_at(from);
        const auto same = [&](const auto& other) { return other.first == value; };
        const auto known = std::find_if(others.begin(), others.end(), same);
        if (known != others.end()) known->second += fmt::format(", {}", from.id);
        else if (value != usual) others.emplace_back(value, from.id);
    }
    std::string out = usual;
    for (const auto& [value, names] : others) out += fmt::format("; {}: {}", names, value);
    return out;
}

void declare_work(option_set& options, work_options& o) {
    options.group(title_of(parameter_group::selection));
    options.list("-p,--pattern", "ID", o.patterns,
                 o.may_be_none ? "all, none, or ids separated by commas" : "all, or ids separated by commas");
    options.value("--profile", profile_form(), o.profile, "set of parameters; see 'pipebench list'");
    declare_value(options, o, std::string("-c,") + concurrency_option, concurrency_form().placeholder,
                  fmt::format("orders in flight that each bounded pattern gets [{}]", o.concurrency));
    for (const auto group :
         {parameter_group::selection, parameter_group::load, parameter_group::work, parameter_group::patterns})
        declare_parameters(options, o, group);
}

/// Fills in the number of orders that arrive in --duration, or refuses options that contradict each other.
void settle_load(const work_options& options, workload& w) {
    auto& a = w.arrive;
    const auto given = [&](std::string_view option) { return options.changes.contains(&parameter_of(option)); };
    if (!given("--rate") && (given("--ramp") || given("--steps"))) a.rate = {};  // of the profile
    if (!a.open()) {
        for (const parameter& p : parameters())
            if (p.group == parameter_group::load && options.changes.contains(&p))
                throw setup_error(fmt::format("{}: only for orders that arrive; give a --rate, a --ramp or --steps",
                                              p.long_option()));
        return;
    }
    if (given("--rate") + given("--ramp") + given("--steps") > 1)
        throw setup_error("--rate, --ramp and --steps: give one of them");
    if (a.rate.orders == 0 && !given("--duration"))
        throw setup_error(fmt::format("{}: needs a --duration", given("--ramp") ? "--ramp" : "--steps"));
    if (given("--duration") && given("--orders"))
        throw setup_error("--duration: with a rate it sets the number of orders; leave out -n");
    if (given("--when-full") && !given("--queue-limit")) throw setup_error("--when-full: needs a --queue-limit");
    if (given("--duration")) w.orders = orders_arriving_in(a, w.seed);
    if (w.orders == 0) throw setup_error("--duration: no order arrives in it; make it longer");
    if (w.orders > max_arrivals)
        throw setup_error(fmt::format("--duration: more than {} orders would arrive; make it shorter",
                                      fmt::group_digits(max_arrivals)));
    if (a.warm_up > duration{} && a.warm_up >= arrival_schedule(w).last())
        throw setup_error("--warm-up: all orders arrive in it; make it shorter");
}

bool is_set(const work_options& options, std::string_view option) {
    const parameter& p = parameter_of(option);
    return p.value.format(unchecked_workload_of(options, profile_of(options))) != p.value.format(workload{});
}

workload workload_of(const work_options& options) {
    auto w = unchecked_workload_of(options, profile_of(options));
    if (w.http.spread.kind == jitter::shape::uniform && w.http.spread.half_width > w.http.mean)
        throw setup_error("--http-jitter: uniform jitter wider than --http-latency would need negative latencies");
    if (w.streams.processes > w.streams.workers)
        throw setup_error(fmt::format("--processes: {} processes cannot share {} workers; raise --workers",
                                      w.streams.processes, w.streams.workers));
    if (w.limits.order < w.limits.attempt)
        throw setup_error("--order-timeout: it includes all attempts, and cannot be shorter than --attempt-timeout");
    settle_load(options, w);
    return w;
}

std::vector<const pattern*> patterns_of(const work_options& options) {
    std::vector<std::string> known{"all"};
    if (options.may_be_none) known.emplace_back("none");
    for (const pattern& p : patterns()) known.emplace_back(p.id);
    std::vector<const pattern*> out;
    for (const auto& name : options.patterns) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw setup_error("--pattern: " + not_one_of("pattern", name, known));
        for (const pattern& p : patterns())
            if ((name == "all" || name == p.id) && std::find(out.begin(), out.end(), &p) == out.end())
                out.push_back(&p);
    }
    return out;
}

std::vector<std::string> work_arguments(const work_options& options) {
    std::vector<std::string> out{"--profile", options.profile, concurrency_option,
                                 std::to_string(options.concurrency)};
    for (const auto& [p, text] : options.changes) {
        out.emplace_back(p->long_option());
        out.push_back(text);
    }
    return out;
}

}  // namespace pipebench
