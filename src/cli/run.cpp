// run: measures patterns, and reports.
#include "cli/command.hpp"
#include "cli/output_file.hpp"
#include "cli/profiles.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "concurrency/child_process.hpp"
#include "concurrency/redis_address.hpp"
#include "measure/session.hpp"
#include "mock_api/order_book.hpp"
#include "pipebench/reporter.hpp"
#include "pipeline/endpoint.hpp"
#include "pipeline/transform.hpp"
#include "services/postgres.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>

namespace pipebench {
namespace {

constexpr unsigned most_concurrency = 10'000;

struct run_options {
    std::vector<std::string> patterns{"all"};
    std::string profile{profiles().front().id};
    unsigned concurrency = default_concurrency;
    std::vector<std::function<void(workload&)>> changes;  ///< of single parameters, over the profile
    std::string target, postgres, redis, pg_bindir;
    bool keep = false;
    duration grace = std::chrono::seconds{5};
    std::vector<std::pair<std::string, std::string>> exports;  ///< format, path
    colour_wish colour = colour_wish::automatic;
    verbosity speech = verbosity::normal;
};

workload workload_of(const run_options& options) {
    const auto all = profiles();
    const auto chosen =
        std::find_if(all.begin(), all.end(), [&](const profile& p) { return p.id == options.profile; });
    workload w = chosen->at(options.concurrency);
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

std::vector<const pattern*> patterns_of(const run_options& options) {
    std::vector<std::string> known{"all"};
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

/// As typed; what may hold a secret is left out.
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
        out += ' ' + printable(word);
    }
    return out;
}

session_settings settings_of(const run_options& options) {
    session_settings s;
    s.patterns = patterns_of(options);
    s.work = workload_of(options);
    s.profile = options.profile;
    s.command = printable_command();
    s.target = options.target;
    s.postgres = options.postgres;
    s.redis = options.redis;
    s.pg_bindir = options.pg_bindir;
    s.tables = options.keep ? leftovers::keep : leftovers::drop;
    s.grace = options.grace;
    s.binary = own_binary();
    s.expected = [seed = s.work.seed](order_id id) { return transform(make_order(id, seed)); };
    // What is wrong with an address is said before anything is started.
    if (!s.target.empty()) s.target = parse_api_endpoint(s.target).url();
    if (!s.redis.empty()) static_cast<void>(parse_redis_address(s.redis));
    if (!s.postgres.empty()) static_cast<void>(printable_postgres(s.postgres));
    return s;
}

std::vector<output_file> open_exports(const run_options& options) {
    std::vector<output_file> out;
    for (const auto& [format, path] : options.exports) out.emplace_back("--export-" + format, path);
    if (std::count_if(out.begin(), out.end(), [](const auto& f) { return f.is_stdout(); }) > 1)
        throw setup_error("only one --export-... can go to stdout");
    return out;
}

exit_code code_for(const session_outcome& outcome) {
    if (outcome.signal == SIGINT) return exit_code::interrupted;
    if (outcome.signal == SIGTERM) return exit_code::terminated;
    const auto& runs = outcome.result.runs;
    const bool trusted = std::all_of(runs.begin(), runs.end(), [](const run_result& r) { return r.verdict.trusted; });
    return trusted ? exit_code::ok : exit_code::not_trustworthy;
}

exit_code measure_and_report(const run_options& options) {
    const auto settings = settings_of(options);
    auto exports = open_exports(options);
    const auto outcome = run_session(settings, make_progress_observer(options.speech));
    bool stdout_is_taken = false;
    for (std::size_t i = 0; i < exports.size(); ++i) {
        exports[i].write(find_reporter(options.exports[i].first)->render(outcome.result, colours::off));
        stdout_is_taken = stdout_is_taken || exports[i].is_stdout();
    }
    if (!stdout_is_taken) {
        const auto text = find_reporter("text")->render(outcome.result, colours_for(STDOUT_FILENO, options.colour));
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
            throw setup_error("cannot write the result to stdout");
    }
    return code_for(outcome);
}

using options_ptr = std::shared_ptr<run_options>;

void declare_what(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("What to run");
    app.add_option("-p,--pattern", o->patterns, "all, or ids separated by commas [all]")
        ->delimiter(',')
        ->type_name("ID");
    add_count(app, "-n,--orders", {1, 10'000'000}, "orders per run [10k]",
              [o](auto n) { o->changes.push_back([n](workload& w) { w.orders = n; }); });
    std::vector<std::string> names;
    for (const profile& p : profiles()) names.emplace_back(p.id);
    add_choice(app, "--profile", names, "set of parameters; see 'pipebench list' [equal]",
               [o](const std::string& p) { o->profile = p; });
    add_count(app, "-c,--concurrency", {1, most_concurrency}, "orders in flight that each bounded pattern gets [100]",
              [o](auto n) { o->concurrency = static_cast<unsigned>(n); });
    add_count(app, "--seed", {0, 1'000'000'000'000'000}, "orders, jitter and backoff follow from it [42]",
              [o](auto n) { o->changes.push_back([n](workload& w) { w.seed = n; }); });
}

void declare_load(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("The simulated work");
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
    add_count(app, "--attempts", {1, 100}, "per order and stage; 1 switches retrying off [4]", [o](auto n) {
        o->changes.push_back([n](workload& w) { w.retry.attempts = static_cast<unsigned>(n); });
    });
    constexpr duration_range limit{std::chrono::milliseconds{1}, std::chrono::hours{1}};
    add_duration(app, "--attempt-timeout", limit, "for one HTTP exchange or one statement [10s]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.limits.attempt = d; }); });
    add_duration(app, "--order-timeout", limit, "for an order, attempts and backoff together [60s]",
                 [o](duration d) { o->changes.push_back([d](workload& w) { w.limits.order = d; }); });
}

/// A count that is one parameter of the workload.
void add_parameter(CLI::App& app, const options_ptr& o, const char* name, std::uint64_t highest, const char* help,
                   unsigned& (*field)(workload&)) {
    add_count(app, name, {1, highest}, help, [o, field](auto n) {
        o->changes.push_back([n, field](workload& w) { field(w) = static_cast<unsigned>(n); });
    });
}

void declare_parameters(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("Parameters of the patterns (default: by profile and -c)");
    using w = workload;
    add_parameter(app, o, "--permits", most_concurrency, "semaphore: permits",
                  [](w& x) -> unsigned& { return x.permits; });
    add_parameter(app, o, "--pool-processes", most_concurrency, "process-pool: worker processes",
                  [](w& x) -> unsigned& { return x.pool_processes; });
    add_parameter(app, o, "--threads", most_concurrency, "thread-pool: threads",
                  [](w& x) -> unsigned& { return x.threads; });
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
                 "redis-streams: pending for longer is taken over [120s]",
                 [o](duration d) { o->changes.push_back([d](workload& x) { x.streams.lease = d; }); });
    add_parameter(app, o, "--db-connections", 1000, "pool of each asynchronous pattern [8]",
                  [](w& x) -> unsigned& { return x.db_connections; });
}

void declare_servers(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("Servers (default: throwaway ones of its own)");
    app.add_option("--postgres", o->postgres, "postgresql://... or key=value pairs")
        ->type_name("URL")
        ->envname("PIPEBENCH_POSTGRES");
    app.add_option("--redis", o->redis, "redis://... or unix:///...")->type_name("URL")->envname("PIPEBENCH_REDIS");
    app.add_option("--target", o->target, "http://...: an order API (docs/order.schema.json)")
        ->type_name("URL")
        ->envname("PIPEBENCH_TARGET");
    app.add_option("--pg-bindir", o->pg_bindir, "where postgres and initdb are")->type_name("DIR");
    app.add_flag("--keep", o->keep, "leave the tables in PostgreSQL");
}

void declare_output(CLI::App& app, const options_ptr& o) {
    app.option_defaults()->group("Output (the table goes to stdout, all else to stderr)");
    for (const char* format : {"markdown", "json", "csv"})
        app.add_option_function<std::string>(
               fmt::format("--export-{}", format),
               [o, format](const std::string& path) { o->exports.emplace_back(format, path); },
               fmt::format("write the result as {}; - is stdout", format))
            ->type_name("FILE");
    add_duration(app, "--grace", {{}, std::chrono::minutes{10}}, "time to drain after Ctrl-C [5s]",
                 [o](duration d) { o->grace = d; });
    add_colour_option(app, o->colour);
    app.add_flag_callback(
        "-q,--quiet", [o] { o->speech = verbosity::quiet; }, "no progress on stderr");
}

}  // namespace

action declare_run(CLI::App& app) {
    const auto options = std::make_shared<run_options>();
    declare_what(app, options);
    declare_load(app, options);
    declare_parameters(app, options);
    declare_servers(app, options);
    declare_output(app, options);
    return [options] { return measure_and_report(*options); };
}

}  // namespace pipebench
