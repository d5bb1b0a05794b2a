#include "cli/session_options.hpp"

#include "cli/options.hpp"
#include "cli/shell.hpp"
#include "contracts/error.hpp"
#include "contracts/session_cards.hpp"
#include "measure/pattern_contestant.hpp"
#include "measure/user_runner.hpp"
#include "mock_api/order_book.hpp"
#include "pipeline/target_probe.hpp"
#include "pipeline/test_cost.hpp"
#include "pipeline/transform.hpp"
#include "pipeline/transform_work.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

value_form<chaos_plan> chaos_form() {
    const auto parse = [](const std::string& text) {
        const auto plan = parse_chaos(text);
        if (plan) return *plan;
        std::vector<std::string> known;
        for (const auto target : chaos_targets) known.push_back(fmt::format("kill-{}", name_of(target)));
        const auto what = text.substr(0, text.find('@'));
        const bool is_known = std::find(known.begin(), known.end(), what) != known.end();
        throw setup_error(
            fmt::format("'{}' is not a kill at a share below 100 %, such as kill-worker@50%{} (known: {})",
                        printable(text, 80), is_known ? "" : did_you_mean(what, known), fmt::join(known, ", ")));
    };
    const auto format = [](const chaos_plan& plan) {
        return plan.target == kill_target::none ? "none" : format_chaos(plan);
    };
    return {.placeholder = "WHAT@SHARE", .parse = parse, .format = format};
}

std::vector<scenario> scenarios_of(const session_options& options) {
    std::vector<scenario> out;
    for (const auto& given : options.scenarios) {
        out.push_back(find_scenario(given));
        const auto same = [&](const scenario& s) { return s.name == out.back().name; };
        if (std::count_if(out.begin(), out.end(), same) > 1)
            throw setup_error(fmt::format("--scenario: there are two of the name '{}'", out.back().name));
    }
    return out;
}

bool has_runner(const session_settings& s) {
    return std::any_of(s.contestants.begin(), s.contestants.end(), [](const auto& c) { return !c->may_restart(); });
}

/// Refuses trouble on servers of the user, which pipebench must not break.
void require_servers_of_our_own(const session_settings& s) {
    const auto refuse = [](const char* option, const std::string& what, const char* server) {
        throw setup_error(
            fmt::format("{}: {} would be done to a server of yours: leave {} out", option, what, server));
    };
    if (s.chaos.target == kill_target::redis && !s.servers.redis.empty())
        refuse("--chaos", format_chaos(s.chaos), "--redis");
    if (s.chaos.target == kill_target::postgres && !s.servers.postgres.empty())
        refuse("--chaos", format_chaos(s.chaos), "--postgres");
    for (const scenario& one : s.scenarios)
        if (!one.api.none() && !s.servers.target.empty())
            throw setup_error(fmt::format("--scenario: '{}' is about the API, and --target gives one that pipebench "
                                          "cannot make misbehave: leave --target out",
                                          one.name));
    for (const scenario& one : s.scenarios)
        if (one.database.terminate_at > 0 && s.servers.postgres.find("application_name") != std::string::npos)
            throw setup_error(
                fmt::format("--scenario: '{}' finds its connections by their application_name: leave that "
                            "out of --postgres",
                            one.name));
    if (s.chaos.target != kill_target::none && has_runner(s))
        throw setup_error("--chaos: only the patterns can be killed and started again: leave --runner out");
    const auto uses_redis = [](const auto& c) { return c->needs_at(workload{}).redis; };
    if (s.chaos.target == kill_target::redis && std::none_of(s.contestants.begin(), s.contestants.end(), uses_redis))
        throw setup_error("--chaos: kill-redis needs a pattern that uses Redis: add -p redis-streams");
}

/// The latencies and the seed of the work become those of a mock API that was started before. Throws setup_error if
/// an option says something else.
void take_from_mock(const mock_api_card& mock, const work_options& given, workload& work) {
    if (mock.version != PIPEBENCH_VERSION)
        throw setup_error(
            fmt::format("--target: a mock API of pipebench {}, and this is {}: start one of the same version",
                        printable(mock.version, 40), PIPEBENCH_VERSION));
    workload theirs = work;
    theirs.http = mock.http;
    theirs.seed = mock.seed;
    for (const char* option : {"--http-latency", "--http-jitter", "--seed"}) {
        const parameter& p = parameter_of(option);
        const auto here = p.value.format(work), there = p.value.format(theirs);
        if (given.changes.contains(&p) && here != there)
            throw setup_error(fmt::format("{}: {} was given, and the mock API at --target was started with {}: leave "
                                          "it out, or start the API anew",
                                          option, here, there));
    }
    work = theirs;
}

/// Finds out whether the target answers, and what it is. No signal is handled yet: each ends the program.
void use_target(const work_options& given, session_settings& s) {
    if (s.servers.target.empty()) return;
    const auto found = probe_target(s.servers.target, s.work.limits.attempt, patience());
    s.servers.target_address = found.address;
    s.servers.target_mock = found.mock;
    if (found.mock) take_from_mock(*found.mock, given, s.work);
}

void add_patterns(const session_options& options, session_settings& s) {
    for (const pattern* p : patterns_of(options.work))
        s.contestants.push_back(std::make_shared<pattern_contestant>(*p, s.binary, options.join.expected));
}

void use_chaos_command(const session_options& options, session_settings& s) {
    const bool kills_host = s.chaos.target == kill_target::host;
    if (kills_host && options.join.expected == 0)
        throw setup_error("--chaos: kill-host is for workers on other machines: add --session and --expect-workers");
    if (kills_host && options.chaos_command.empty())
        throw setup_error("--chaos: kill-host needs to know how: add --chaos-command 'kubectl delete pod ...'");
    if (!kills_host && !options.chaos_command.empty())
        throw setup_error("--chaos-command: is for --chaos kill-host@50%: add it");
    s.chaos.command = options.chaos_command;
}

/// Workers on other machines: refuses what they cannot do, or what could not be measured of them.
void use_join(const session_options& options, session_settings& s) {
    const auto& join = options.join;
    if (join.name.empty() && join.expected == 0) return;
    if (join.name.empty()) throw setup_error("--expect-workers: name the session that they join: --session NAME");
    if (join.expected == 0) throw setup_error("--session: say how many workers a run waits for: --expect-workers N");
    if (!is_session_name(join.name))
        throw setup_error(
            fmt::format("--session: '{}' is no name of a session: a-z, 0-9 and '-', a letter first, at most 40",
                        printable(join.name, 60)));
    const bool is_for_workers = s.contestants.size() == 1 && s.contestants.front()->id() == "redis-streams";
    if (!is_for_workers)
        throw setup_error(
            "--expect-workers: only redis-streams has workers that can be elsewhere: -p redis-streams alone");
    for (const auto& [value, option] :
         {std::pair(&s.servers.redis, "--redis"), std::pair(&s.servers.postgres, "--postgres"),
          std::pair(&s.servers.target, "--target")})
        if (value->empty())
            throw setup_error(
                fmt::format("--expect-workers: other machines cannot reach throwaway servers: give {}", option));
    const auto refuse = [](const char* option, const char* why) {
        throw setup_error(fmt::format("{}: {}; leave it out with --expect-workers", option, why));
    };
    const bool kills_here = s.chaos.target != kill_target::none && s.chaos.target != kill_target::host;
    if (kills_here) refuse("--chaos", "only kill-host kills what other machines run");
    if (s.work.arrive.queue_limit > 0) refuse("--queue-limit", "nobody here knows what workers elsewhere have begun");
    if (s.work.rate_limit > 0) refuse("--rate-limit", "workers elsewhere share no limit");
    if (s.watch == watching::end_only) refuse("--no-watch", "nobody would see that no worker is left");
    if (s.profile_stages) refuse("--profile-stages", "samples only what this machine runs");
    for (const scenario& one : s.scenarios)
        if (!one.poison.empty()) refuse("--scenario", "its poison orders would kill workers elsewhere");
    s.join = join;
}

void add_runners(const session_options& options, session_settings& s) {
    for (const auto& text : options.runners) {
        auto runner = parse_runner(text, options.runner_limit);
        const auto id = runner->id();
        const auto all = patterns();
        if (id == "all" || id == "none" ||
            std::any_of(all.begin(), all.end(), [&](const pattern& p) { return p.id == id; }) ||
            std::any_of(s.contestants.begin(), s.contestants.end(), [&](const auto& c) { return c->id() == id; }))
            throw setup_error(fmt::format("--runner: the name '{}' is taken", id));
        s.contestants.push_back(std::move(runner));
    }
    for (const scenario& one : s.scenarios)
        if (!one.poison.empty() && has_runner(s))
            throw setup_error(fmt::format("--scenario: '{}' is for the patterns only: leave --runner out", one.name));
    const auto has_event_loops = [&](const auto& c) { return c->needs_at(s.work).event_loops; };
    if (s.work.transform_on.threads > 0 && std::none_of(s.contestants.begin(), s.contestants.end(), has_event_loops))
        throw setup_error("--transform-on: only for patterns with event loops: add fan-out, semaphore or "
                          "redis-streams to -p");
    if (!s.work.transform_cost.none() && has_runner(s))
        throw setup_error("--transform-cost: a runner has its own transform, which pipebench cannot make cost more: "
                          "leave --runner out");
    if (s.contestants.empty()) throw setup_error("--pattern: none is for --runner alone: name a pattern");
}

}  // namespace

void declare_rounds(option_set& options, session_options& o) {
    options.group("Rounds and conditions");
    options.value("-r,--repeat", count_form({1, 1000}), o.rounds,
                  "rounds: each pattern once in each, in turn; 8 give a ranking");
    options.value("--warmup", count_form({0, 100}), o.warmup, "rounds before them that are not counted");
    declare_busy_limit(options, o);
}

void declare_busy_limit(option_set& options, session_options& o) {
    options
        .value("--busy-limit", share_form(), o.busy_limit,
               "share of the machine others may use before a row is INVALID")
        .environment("PIPEBENCH_BUSY_LIMIT");
}

void declare_scenario(option_set& options, session_options& o) {
    options.list("--scenario", "NAME|FILE", o.scenarios, "what goes wrong: names from 'pipebench list', or files");
}

void declare_trouble(option_set& options, session_options& o) {
    options.group("Trouble, and objectives for the verdict");
    declare_scenario(options, o);
    options.value("--chaos", chaos_form(), o.chaos,
                  "SIGKILL once this share of the orders is done:\nkill-worker, -run, -redis, -postgres or -host");
    options.text("--chaos-command", "COMMAND", o.chaos_command,
                 "how kill-host kills one of your hosts: 'kubectl delete pod ...'");
    options.value("--target-time", off_by_default(duration_form({std::chrono::milliseconds{1}, max_duration})),
                  o.target_time, "longest acceptable run time");
    options.value("--memory-budget", off_by_default(size_form()), o.memory_budget_bytes,
                  "largest acceptable peak RSS of a run");
}

void declare_runners(option_set& options, session_options& o) {
    options.group("Programs of your own (docs/runners.md)");
    options.repeated("--runner", "NAME=COMMAND", o.runners, "a program to measure beside the patterns; repeatable");
    options.value("--runner-limit", duration_form({std::chrono::milliseconds{1}, max_duration}), o.runner_limit,
                  "time limit for one run of a --runner");
}

void declare_join(option_set& options, session_options& o) {
    options.group("Workers on other machines (docs/production.md)");
    options.text("--session", "NAME", o.join.name, "a name that workers join: pipebench worker --join NAME");
    options.once(
        "--expect-workers", "N",
        [&o](auto& text) {
            o.join.expected = parse_count_within({1, 1000}, text);
        },
        "workers that a run waits for before its clock starts");
    options.value("--join-timeout", duration_form({std::chrono::seconds{1}, std::chrono::hours{24}}), o.join.timeout,
                  "how long it waits for them");
}

void declare_grace(option_set& options, session_options& o) {
    options.value("--grace", duration_form({{}, std::chrono::minutes{10}}), o.grace, "time to drain after Ctrl-C");
}

namespace {

void require_load_that_can_be_measured(const session_settings& s) {
    if (!s.work.arrive.open()) return;
    if (has_runner(s) && s.work.arrive.queue_limit > 0)
        throw setup_error(
            "--queue-limit: a --runner has a queue of its own, which pipebench cannot limit: leave one out");
    if (s.watch == watching::end_only)
        throw setup_error("--no-watch: leaves out latencies and queue, which are what --rate is for; leave it out");
}

}  // namespace

session_settings settings_of(const session_options& options) {
    session_settings s;
    s.binary = own_binary();
    add_patterns(options, s);
    s.work = workload_of(options.work);
    s.profile = options.work.profile;
    s.command = printable_command();
    s.servers = options.servers;
    check_addresses(s.servers);
    s.rounds = options.rounds;
    s.warmup = options.warmup;
    s.busy_limit = options.busy_limit;
    s.profile_stages = options.profile_stages;
    s.loop_lag = options.loop_lag;
    s.watch = options.watch;
    s.yardstick = !options.no_yardstick;
    s.scenarios = scenarios_of(options);
    add_runners(options, s);
    s.chaos = options.chaos;
    use_chaos_command(options, s);
    require_load_that_can_be_measured(s);
    use_join(options, s);
    if (s.profile_stages && s.work.transform_on.in_processes)
        throw setup_error("--profile-stages: does not sample processes that transform: use --transform-on threads:N");
    require_servers_of_our_own(s);
    use_target(options.work, s);
    s.target_time_s = std::chrono::duration<double>(options.target_time).count();
    s.memory_budget_bytes = options.memory_budget_bytes;
    s.grace = options.grace;
    if (!s.work.transform_cost.none() || has_test_cost) s.transform_rounds_per_us = calibrate_transform_work();
    s.expected = [seed = s.work.seed](order_id id) { return transform(make_order(id, seed)); };
    return s;
}

}  // namespace pipebench
