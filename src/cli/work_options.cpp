#include "cli/work_options.hpp"

#include "cli/values.hpp"
#include "contracts/error.hpp"
#include "mock_api/order_book.hpp"
#include "pipeline/endpoint.hpp"
#include "pipeline/transform.hpp"
#include "redis/redis_address.hpp"
#include "system/child_process.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <utility>

namespace pipebench {
namespace {

constexpr unsigned most_concurrency = 10'000;
constexpr const char* what_group = "What to run";
constexpr const char* load_group = "The simulated work";
constexpr const char* parameter_group = "Parameters of the patterns (default: by profile and -c)";

/// "10k" of 10,000.
std::string short_count(std::uint64_t n) { return n % 1000 == 0 ? fmt::format("{}k", n / 1000) : std::to_string(n); }

void declare_what(CLI::App& app, const work_options_ptr& o) {
    app.option_defaults()->group(what_group);
    app.add_option("-p,--pattern", o->patterns, "all, none, or ids separated by commas [all]")
        ->delimiter(',')
        ->type_name("ID");
    add_count(app, "-n,--orders", {1, 10'000'000}, fmt::format("orders per run [{}]", short_count(o->orders)),
              [o](auto n) { o->orders = n; });
    std::vector<std::string> names;
    for (const profile& p : profiles()) names.emplace_back(p.id);
    add_choice(app, "--profile", names, fmt::format("set of parameters; see 'pipebench list' [{}]", o->profile),
               [o](const std::string& p) { o->profile = p; });
    add_count(app, "-c,--concurrency", {1, most_concurrency}, "orders in flight that each bounded pattern gets [100]",
              [o](auto n) { o->concurrency = static_cast<unsigned>(n); });
    add_count(app, "--seed", {0, 1'000'000'000'000'000}, "orders, jitter and backoff follow from it [42]",
              [o](auto n) { o->changes.push_back([n](workload& w) { w.seed = n; }); });
}

void declare_load(CLI::App& app, const work_options_ptr& o) {
    app.option_defaults()->group(load_group);
    add_duration(app, "--http-latency", {}, "time the mock API takes to answer, on average [100ms]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.http.mean = d; }); });
    add_jitter(app, [o](const jitter& j) { o->changes.push_back([j](workload& w) { w.http.spread = j; }); });
    add_duration(app, "--db-latency", {}, "wait in the client beside each write [100ms]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.db_latency = d; }); });
    add_choice(app, "--connections", {"keep-alive", "per-order"},
               "HTTP connections: kept and pooled, or a new one per order [keep-alive]", [o](const std::string& c) {
                   const auto use = c == "per-order" ? connection_use::per_order : connection_use::keep_alive;
                   o->changes.push_back([use](workload& w) { w.connections = use; });
               });
    add_choice(app, "--write-mode", {"row", "batch"},
               "a transaction per order, or the rows that wait together in one [row]", [o](const std::string& m) {
                   const auto mode = m == "batch" ? write_mode::batch : write_mode::row;
                   o->changes.push_back([mode](workload& w) { w.write = mode; });
               });
    add_count(app, "--write-batch", {1, 1000}, "rows of one statement at the most, in batch mode [100]",
              [o](auto n) { o->changes.push_back([n](workload& w) { w.write_batch = static_cast<unsigned>(n); }); });
    add_count(app, "--attempts", {1, 100}, "per order and stage; 1 switches retrying off [4]", [o](auto n) {
        o->changes.push_back([n](workload& w) { w.retry.attempts = static_cast<unsigned>(n); });
    });
    add_duration(app, "--backoff-base", {}, "before the first retry: random up to it, then twice that, ... [50ms]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.retry.backoff_base = d; }); });
    add_duration(app, "--backoff-cap", {}, "no backoff is longer [2s]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.retry.backoff_cap = d; }); });
    add_percent(app, "--retry-budget", "HTTP retries of the whole run, per order, and 100 beside [20%]",
                [o](double share) { o->changes.push_back([share](workload& w) { w.retry.budget = share; }); });
    add_rate(app, "--rate-limit", "HTTP requests that the run sends at the most, e.g. 500/s [no limit]",
             [o](auto n) { o->changes.push_back([n](workload& w) { w.rate_limit = n; }); });
    constexpr duration_range limit{std::chrono::milliseconds{1}, std::chrono::hours{1}};
    add_duration(app, "--attempt-timeout", limit, "for one HTTP exchange or one statement [10s]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.limits.attempt = d; }); });
    add_duration(app, "--order-timeout", limit, "for an order, attempts and backoff together [60s]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.limits.order = d; }); });
}

/// A count that is one parameter of the workload.
void add_parameter(CLI::App& app, const work_options_ptr& o, const char* name, std::uint64_t highest,
                   const char* help, unsigned& (*field)(workload&)) {
    add_count(app, name, {1, highest}, help, [o, field](auto n) {
        o->changes.push_back([n, field](workload& w) { field(w) = static_cast<unsigned>(n); });
    });
}

void declare_parameters(CLI::App& app, const work_options_ptr& o) {
    app.option_defaults()->group(parameter_group);
    using w = workload;
    add_parameter(app, o, "--permits", most_concurrency, "semaphore: permits",
                  [](w& x) -> unsigned& { return x.permits; });
    add_parameter(app, o, "--pool-processes", most_concurrency, "process-pool: worker processes",
                  [](w& x) -> unsigned& { return x.pool_processes; });
    add_parameter(app, o, "--threads", most_concurrency, "thread-pool: threads",
                  [](w& x) -> unsigned& { return x.threads; });
    add_parameter(app, o, "--runner-concurrency", most_concurrency, "what a --runner may have in flight",
                  [](w& x) -> unsigned& { return x.runner_concurrency; });
    add_parameter(app, o, "--workers", most_concurrency, "redis-streams: asynchronous workers",
                  [](w& x) -> unsigned& { return x.streams.workers; });
    add_parameter(app, o, "--processes", 1000, "redis-streams: processes they are spread over",
                  [](w& x) -> unsigned& { return x.streams.processes; });
    add_parameter(app, o, "--batch", 1000, "redis-streams: XREADGROUP COUNT",
                  [](w& x) -> unsigned& { return x.streams.batch; });
    add_choice(app, "--batch-mode", {"together", "one-by-one"}, "redis-streams: a batch in flight together, or not",
               [o](const std::string& m) {
                   const auto mode = m == "together" ? batch_mode::together : batch_mode::one_by_one;
                   o->changes.push_back([mode](workload& x) { x.streams.mode = mode; });
               });
    add_duration(app, "--block", {std::chrono::milliseconds{1}, std::chrono::minutes{1}},
                 "redis-streams: XREADGROUP BLOCK [1s]",
                 [o](duration d) { o->changes.push_back([d](workload& x) { x.streams.block = d; }); });
    add_duration(app, "--lease", {std::chrono::milliseconds{100}, std::chrono::hours{1}},
                 "redis-streams: pending for longer, and not renewed, is taken over [5s]",
                 [o](duration d) { o->changes.push_back([d](workload& x) { x.streams.lease = d; }); });
    add_parameter(app, o, "--max-deliveries", 1000, "redis-streams: then an order is a dead letter [5]",
                  [](w& x) -> unsigned& { return x.streams.max_deliveries; });
    add_parameter(app, o, "--db-connections", 1000, "pool of each pattern; at least one a process [8]",
                  [](w& x) -> unsigned& { return x.db_connections; });
}

}  // namespace

void declare_work(CLI::App& app, const work_options_ptr& o) {
    declare_what(app, o);
    declare_load(app, o);
    declare_parameters(app, o);
}

void declare_servers(CLI::App& app, const std::shared_ptr<server_choice>& choice) {
    app.option_defaults()->group("Servers (default: throwaway ones of its own)");
    app.add_option("--postgres", choice->postgres, "postgresql://... or key=value pairs")
        ->type_name("URL")
        ->envname("PIPEBENCH_POSTGRES");
    app.add_option("--redis", choice->redis, "redis://... or unix:///...")
        ->type_name("URL")
        ->envname("PIPEBENCH_REDIS");
    app.add_option("--target", choice->target, "http://...: an order API (docs/order.schema.json)")
        ->type_name("URL")
        ->envname("PIPEBENCH_TARGET");
    app.add_option("--pg-bindir", choice->pg_bindir, "where postgres and initdb are")->type_name("DIR");
}

void declare_rounds(CLI::App& app, const session_options_ptr& o) {
    app.option_defaults()->group("Rounds and conditions");
    add_count(app, "-r,--repeat", {1, 1000}, "rounds: each pattern once in each, in turn; 8 give a ranking [1]",
              [o](auto n) { o->rounds = n; });
    add_count(app, "--warmup", {0, 100}, "rounds before them that are not counted [0]",
              [o](auto n) { o->warmup = n; });
    add_percent(app, "--busy-limit", "of the box that other programs may use before a row is INVALID [20%]",
                [o](double share) { o->busy_limit = share; })
        ->envname("PIPEBENCH_BUSY_LIMIT");
}

void declare_trouble(CLI::App& app, const session_options_ptr& o) {
    app.option_defaults()->group("Trouble, and what is asked of a pattern");
    app.add_option("--scenario", o->scenarios,
                   "what goes wrong: names of 'pipebench list' or files, by commas [clean]")
        ->delimiter(',')
        ->type_name("NAME");
    add_chaos(app, [o](const chaos_plan& plan) { o->chaos = plan; });
    add_duration(app, "--target-time", {std::chrono::milliseconds{1}, max_duration}, "that a run may take [none]",
                 [o](duration d) { o->target_time = d; });
    add_size(app, "--memory-budget", "that the peak RSS of a run may reach [none]",
             [o](auto bytes) { o->memory_budget_bytes = bytes; });
}

void declare_run_childs(CLI::App& app, const session_options_ptr& o) {
    app.option_defaults()->group("Programs of your own (docs/runners.md)");
    app.add_option("--runner", o->runners, "a program beside the patterns; may be given several times")
        ->type_name("NAME=COMMAND")
        ->allow_extra_args(false);
    add_duration(app, "--runner-limit", {std::chrono::milliseconds{1}, max_duration}, "then it has to end [10m]",
                 [o](duration d) { o->runner_limit = d; });
}

void declare_grace(CLI::App& app, const session_options_ptr& o) {
    add_duration(app, "--grace", {{}, std::chrono::minutes{10}}, "time to drain after Ctrl-C [5s]",
                 [o](duration d) { o->grace = d; });
}

workload workload_of(const work_options& options) {
    const auto all = profiles();
    const auto chosen =
        std::find_if(all.begin(), all.end(), [&](const profile& p) { return p.id == options.profile; });
    workload w = chosen->at(options.concurrency);
    w.orders = options.orders;
    for (const auto& change : options.changes) change(w);
    if (w.http.spread.kind == jitter::shape::uniform && w.http.spread.half_width > w.http.mean)
        throw setup_error("--http-jitter: uniform jitter wider than --http-latency would need negative latencies");
    if (w.streams.processes > w.streams.workers)
        throw setup_error(fmt::format("--processes: {} processes cannot share {} workers; raise --workers",
                                      w.streams.processes, w.streams.workers));
    if (w.limits.order < w.limits.attempt)
        throw setup_error("--order-timeout: it includes all attempts, and cannot be shorter than --attempt-timeout");
    return w;
}

std::vector<const pattern*> patterns_of(const work_options& options) {
    std::vector<std::string> known{"all", "none"};
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

namespace {

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

/// We do not break what is not ours.
void require_servers_of_our_own(const session_settings& s) {
    const auto refuse = [](const char* option, const std::string& what, const char* server) {
        throw setup_error(
            fmt::format("{}: {} would be done to a server of yours: leave {} out", option, what, server));
    };
    if (s.chaos.target == victim::redis && !s.servers.redis.empty())
        refuse("--chaos", format_chaos(s.chaos), "--redis");
    if (s.chaos.target == victim::postgres && !s.servers.postgres.empty())
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
    if (s.chaos.target != victim::none && !s.runners.empty())
        throw setup_error("--chaos: only the patterns can be killed and started again: leave --runner out");
    const auto uses_redis = [](const pattern* p) { return p->needs_at(workload{}).redis; };
    if (s.chaos.target == victim::redis && std::none_of(s.patterns.begin(), s.patterns.end(), uses_redis))
        throw setup_error("--chaos: kill-redis needs a pattern that uses Redis: add -p redis-streams");
}

void add_runners(const session_options& options, session_settings& s) {
    for (const auto& text : options.runners) {
        const auto runner = s.runners.emplace_back(parse_runner(text));
        const auto& entry = runner->entry();
        const auto all = patterns();
        const auto same_id = [&](const pattern& p) { return p.id == entry.id; };
        const auto same = [&](const pattern* p) { return same_id(*p); };
        if (entry.id == "all" || entry.id == "none" || std::any_of(all.begin(), all.end(), same_id) ||
            std::any_of(s.patterns.begin(), s.patterns.end(), same))
            throw setup_error(fmt::format("--runner: the name '{}' is taken", entry.id));
        s.patterns.push_back(&entry);
    }
    s.runner_limit = options.runner_limit;
    for (const scenario& one : s.scenarios)
        if (!one.poison.empty() && !s.runners.empty())
            throw setup_error(fmt::format("--scenario: '{}' is for the patterns only: leave --runner out", one.name));
    if (s.patterns.empty()) throw setup_error("--pattern: none is for --runner alone: name a pattern");
}

}  // namespace

session_settings settings_of(const session_options& options) {
    session_settings s;
    s.patterns = patterns_of(*options.work);
    s.work = workload_of(*options.work);
    s.profile = options.work->profile;
    s.command = printable_command();
    s.servers = *options.servers;
    check_addresses(s.servers);
    s.rounds = options.rounds;
    s.warmup = options.warmup;
    s.busy_limit = options.busy_limit;
    s.profile_stages = options.profile_stages;
    s.watch = options.watch;
    s.scenarios = scenarios_of(options);
    add_runners(options, s);
    s.chaos = options.chaos;
    require_servers_of_our_own(s);
    s.target_time_s = std::chrono::duration<double>(options.target_time).count();
    s.memory_budget_bytes = options.memory_budget_bytes;
    s.grace = options.grace;
    s.binary = own_binary();
    s.expected = [seed = s.work.seed](order_id id) { return transform(make_order(id, seed)); };
    return s;
}

std::vector<std::string> work_arguments(const CLI::App& app, const work_options& options) {
    std::vector<std::string> out{"--profile", options.profile, "--orders", std::to_string(options.orders)};
    for (const auto* option : app.get_options()) {
        const auto& group = option->get_group();
        const bool of_work = group == what_group || group == load_group || group == parameter_group;
        const auto name = option->get_single_name();
        if (!of_work || option->count() == 0 || name == "pattern" || name == "profile" || name == "orders") continue;
        out.push_back("--" + name);
        out.push_back(option->results().back());
    }
    return out;
}

void check_addresses(server_choice& choice) {
    if (!choice.target.empty()) choice.target = parse_api_endpoint(choice.target).url();
    if (!choice.redis.empty()) static_cast<void>(parse_redis_address(choice.redis));
    if (!choice.postgres.empty()) static_cast<void>(printable_postgres(choice.postgres));
}

namespace {

/// As a shell would need it.
std::string as_shell_word(const std::string& word) {
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || std::strchr("_./-:=,@%+*", c) != nullptr;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::string printable_command() {
    std::FILE* in = std::fopen("/proc/self/cmdline", "r");
    std::string raw(64 * 1024, '\0');
    raw.resize(in != nullptr ? std::fread(raw.data(), 1, raw.size(), in) : 0);
    if (in != nullptr) std::fclose(in);
    std::string out = "pipebench";
    bool secret = false;
    for (std::size_t at = raw.find('\0') + 1; at < raw.size(); at = raw.find('\0', at) + 1) {
        std::string word(raw.c_str() + at);
        if (std::exchange(secret, false)) word = "***";
        for (const std::string name : {"--postgres", "--redis", "--target"}) {
            if (word == name) secret = true;
            if (word.starts_with(name + "=")) word = name + "=***";
        }
        out += ' ' + printable(as_shell_word(word));
    }
    return out;
}

}  // namespace pipebench
