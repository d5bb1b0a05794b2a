#include "session/session.hpp"

#include "analysis/floor.hpp"
#include "analysis/plan.hpp"
#include "contracts/error.hpp"
#include "contracts/units.hpp"
#include "measure/ledger.hpp"
#include "measure/run_account.hpp"
#include "measure/stream_probe.hpp"
#include "pipeline/endpoint.hpp"
#include "pipeline/pipeline_factory.hpp"
#include "redis/order_stream.hpp"
#include "services/mock_api_process.hpp"
#include "services/redis_keys.hpp"
#include "session/capacity.hpp"
#include "session/incidents.hpp"
#include "system/box.hpp"

#include <sys/random.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <optional>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr double long_run_s = 60;  ///< a floor from which the user is told before the run
constexpr double steal_warning = 0.02;
constexpr unsigned most_restarts = 3;  ///< of a run that dies again and again: then it is given up

std::string new_session_id() {
    std::uint32_t id = 0;
    if (::getrandom(&id, sizeof id, 0) != sizeof id) throw setup_error("no random numbers to be had");
    return fmt::format("{:08x}", id);
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

class session {
public:
    session(const session_settings& s, const session_observer& o) : settings_(s), observer_(o) {}

    session_outcome run() {
        describe();
        check_that_it_fits();
        start_services();
        tell_if_long();
        run_rounds();
        schema_.reset();
        services_.reset();
        signals_.poll();  // one that came after the last run must not end us before the result is out
        result_.interrupted = signals_.count() > 0;
        result_.session_s = seconds_since_began();
        return {std::move(result_), signals_.first()};
    }

private:
    void describe() {
        result_.started_at = utc_now();
        result_.command = settings_.command;
        result_.profile = settings_.profile;
        result_.parameters = settings_.work;
        result_.chaos = format_chaos(settings_.chaos);
        result_.target_time_s = settings_.target_time_s;
        result_.memory_budget_bytes = settings_.memory_budget_bytes;
        result_.build = describe_build();
        result_.box = describe_box();
    }

    void warn(const std::string& text) {
        result_.warnings.push_back(text);
        observer_.message("warning: " + text);
    }

    [[nodiscard]] needs largest_needs() const {
        needs most;
        for (const pattern* p : settings_.patterns) {
            const auto n = p->needs_at(settings_.work);
            most.database_connections = std::max(most.database_connections, n.database_connections);
            most.descriptors = std::max(most.descriptors, n.descriptors);
            most.redis = most.redis || n.redis;
        }
        return most;
    }

    void check_that_it_fits() {
        result_.box.descriptor_limit = raise_descriptor_limit(largest_needs().descriptors + 1000);
        const auto limits = limits_of_this_box();
        for (const pattern* p : settings_.patterns)
            if (const auto why_not = does_not_fit(*p, settings_.work, limits)) throw run_failure(p->id, *why_not);
    }

    void tell_if_long() {
        const auto work = simulated_work();
        double round_s = 0;
        for (const pattern* p : settings_.patterns) {
            const auto in_flight = p->needs_at(work).in_flight;
            const double floor_s = floor_of(work, in_flight).count();
            round_s += floor_s;
            if (floor_s >= long_run_s)
                observer_.message(fmt::format("{} takes at least {:.0f} s: {} orders x {} / {} in flight", p->id,
                                              floor_s, work.orders, format_duration(work.http.mean + work.db_latency),
                                              in_flight));
        }
        const auto rounds = (settings_.rounds + settings_.warmup) * settings_.scenarios.size();
        const double total_s = round_s * static_cast<double>(rounds);
        if (total_s >= long_run_s && rounds * settings_.patterns.size() > 1)
            observer_.message(fmt::format("the session takes at least {:.0f} s: the sum of the floors{}", total_s,
                                          rounds > 1 ? fmt::format(", {} times each", rounds) : ""));
    }

    void start_services() {
        const auto need = largest_needs();
        const auto& choice = settings_.servers;
        if (!choice.target.empty())  // asked before anything is started
            static_cast<void>(real_pipelines(settings_.work, {choice.target, {}, {}, {}, {}, {}}));
        services_.emplace(choice, server_needs{need.database_connections, need.redis}, observer_.message,
                          [this](const std::string& text) { warn(text); });
        result_.servers = services_->servers();
        schema_.emplace(services_->postgres_url(), "pipebench_" + id_, settings_.tables);
        if (settings_.watch == watching::end_only)
            warn("--no-watch: memory, latencies and what is in flight were not looked at: their columns say nothing");
        if (settings_.tables == leftovers::keep) warn("--keep: the tables stay in schema " + schema_->name());
        if (!choice.target.empty())
            warn("with --target, contents are checked against the rows' own checksums only, and the API's view is "
                 "not known");
    }

    void run_rounds() {
        result_.rounds = settings_.rounds;
        result_.interrupted = true;  // until it has come to its end
        const auto& patterns = settings_.patterns;
        const auto warmup_rounds = plan_rounds(patterns.size(), 1, settings_.work.seed);
        for (std::uint64_t i = 0; i < settings_.warmup; ++i)
            if (!run_round(warmup_rounds.front(), {i + 1, settings_.warmup, true, {}})) return;
        std::uint64_t round = 0;
        for (const auto& order : plan_rounds(patterns.size(), settings_.rounds, settings_.work.seed))
            if (!run_round(order, {++round, settings_.rounds, false, {}})) return;
    }

    /// The patterns in that order, under one scenario after the other. False: a signal came instead.
    bool run_round(const std::vector<std::size_t>& order, run_place place) {
        const bool shown = settings_.scenarios.size() > 1 || settings_.scenarios.front().name != calm;
        std::uint64_t position = 0;
        for (const scenario& trouble : settings_.scenarios)
            for (const std::size_t i : order) {
                if (shown) place.scenario = trouble.name;
                if (!run_one(*settings_.patterns[i], trouble, place, ++position)) return false;
            }
        return true;
    }

    /// False: a signal came instead.
    bool run_one(const pattern& p, const scenario& trouble, const run_place& place, std::uint64_t position) {
        signals_.poll();
        if (signals_.count() > 0) return false;
        auto& runs = place.warmup ? result_.warmup_runs : result_.runs;
        runs.push_back(measure(p, trouble, place));
        runs.back().scenario = trouble.name;
        runs.back().round = place.round;
        runs.back().position = position;
        result_.session_s = seconds_since_began();
        observer_.run_ended(runs.back());
        observer_.can_be_saved(result_);
        return true;
    }

    [[nodiscard]] double seconds_since_began() const {
        return std::chrono::duration<double>(clock::now() - began_).count();
    }

    run_result measure(const pattern& p, const scenario& trouble, const run_place& place) {
        const auto need = p.needs_at(settings_.work);
        observer_.run_starts(p, place, floor_of(simulated_work(), need.in_flight));

        std::optional<mock_api_process> api;
        const auto scenario = trouble.api.none() ? std::string() : trouble.source;
        if (settings_.servers.target.empty()) api.emplace(settings_.binary, settings_.work, scenario);
        auto request = make_request(p, trouble);
        if (api) {
            request.spec.where.target = api->url();
            request.services.push_back({"mock-api", [&api] { return api->pid(); }});
        }
        if (is_runner(p))
            request.program = {std::string(p.command), runner_environment(request.spec), settings_.runner_limit};
        auto record = recorder::create(settings_.work.orders);
        if (settings_.watch == watching::end_only) record.leave_out_latencies();
        const auto seen = observe_run(request, record, signals_,
                                      [&](const recorder& r, std::uint64_t rss) { observer_.run_goes(p, r, rss); });
        mock_api_process::usage api_used;
        if (api) api_used = api->stop();
        if (!request.spec.where.redis.empty()) forget_stream(p, request.spec.where);
        refuse_if_unusable(p, record, seen, request.restarts > 0);
        if (settings_.chaos.target == victim::postgres) services_->wait_for_postgres();

        const table_name table{request.spec.where.schema, request.spec.where.table};
        if (is_runner(p)) settle_what_is_there(services_->postgres_url(), table, record);
        auto out = account_of(record, seen, result_.box.cores);
        out.pattern = p.id;
        out.title = p.title;
        out.interrupted = signals_.count() > 0 && out.not_started > 0;
        const auto in_flight = seen.in_flight_limit.value_or(need.in_flight);
        out.in_flight_limit = std::min(in_flight, settings_.work.orders);
        out.floor_s = floor_of(done_work(out), in_flight).count();
        out.efficiency = out.time_s > 0 ? out.floor_s / out.time_s : 0;
        out.api = api_used.seen;
        out.recovery = recovery_of(out, record, seen);
        // An outage cuts off requests unread, and does not count them; a program does not tell of its own.
        if (trouble.api.down.time > duration{} || is_runner(p))
            out.recovery.api_calls_again = std::numeric_limits<double>::quiet_NaN();
        for (auto& service : out.services)
            if (service.name == "mock-api") service.cpu_s = api_used.cpu_s;
        out.foreign_share = foreign_share(out, seen);
        const bool whole = !out.interrupted && seen.end.exited_with(0) && !seen.out_of_time;
        out.ledger = check_ledger({services_->postgres_url(), table, record,
                                   whole ? run_extent::complete : run_extent::cut_short,
                                   settings_.servers.target.empty() ? settings_.expected : nullptr});
        schema_->end_table(table);
        out.verdict =
            judge(out, {result_.box.cores, need.database_connections, floor_tolerance(settings_.work),
                        settings_.busy_limit, result_.build, whole || out.interrupted ? "" : death_of(p, seen)});
        if (out.steal_share > steal_warning)
            warn(fmt::format("{}: the hypervisor took {:.0f} % of the box's time during the run", p.id,
                             100 * out.steal_share));
        return out;
    }

    /// What the floor is a floor of: the latencies that we simulate ourselves, which a target of the user's does not.
    [[nodiscard]] workload simulated_work() const {
        workload work = settings_.work;
        if (!settings_.servers.target.empty()) work.http = {};
        return work;
    }

    /// As far as it was done: an interrupted run has not done all of it.
    [[nodiscard]] workload done_work(const run_result& run) const {
        workload done = simulated_work();
        if (run.interrupted) done.orders = run.ended();
        return done;
    }

    run_request make_request(const pattern& p, const scenario& trouble) {
        std::string table(p.id);
        std::replace(table.begin(), table.end(), '-', '_');
        const auto made = schema_->make_table(fmt::format("{}_{}", table, ++runs_), trouble.database.latency);
        run_request request;
        request.binary = settings_.binary;
        request.spec = {std::string(p.id), settings_.work, {}};
        request.spec.work.poison = trouble.poison;
        request.spec.profile_stages = settings_.profile_stages;
        auto& where = request.spec.where;
        where.target = settings_.servers.target;
        where.postgres = services_->postgres_url();
        where.schema = made.schema;
        where.table = made.table;
        if (p.needs_at(settings_.work).redis) {
            where.redis = services_->redis_url();
            where.stream = fmt::format("pipebench:{}:{}", id_, runs_);
            request.stream = stream_probe_for(where);
            if (services_->redis_pid() != 0)
                request.services.push_back({"redis", [this] { return services_->redis_pid(); }});
        }
        if (services_->postgres_pid() != 0)
            request.services.push_back({"postgres", [this] { return services_->postgres_pid(); }});
        request.grace = settings_.grace;
        request.watch = settings_.watch;
        request.incidents = incidents_of(settings_.chaos, trouble, p, settings_.work, {*services_, *schema_});
        // Where something is to die, a run that died is started again, as an operator would.
        if (!is_runner(p) && (!request.incidents.empty() || !trouble.poison.empty()))
            request.restarts = most_restarts;
        return request;
    }

    /// A run that could not begin has measured nothing: its own words are the error.
    /// Where something was to die, a run that has begun has a row, which says what became of it.
    void refuse_if_unusable(const pattern& p, const recorder& record, const run_observation& seen,
                            bool was_to_die) const {
        const bool cut_short = signals_.count() > 0;
        if (cut_short || seen.end.exited_with(0)) return;
        // A program of the user's that fails is a row that says so, unless the shell could not start it.
        if (is_runner(p) && !seen.end.exited_with(126) && !seen.end.exited_with(127)) return;
        if (was_to_die && record.read().begun > 0) return;
        const auto why = seen.notes.empty() ? "it ended: " + seen.end.describe() : seen.notes.back();
        throw run_failure(p.id, fmt::format("{}: the run did not end by itself: {}", p.id, why));
    }

    static bool is_runner(const pattern& p) noexcept { return !p.command.empty(); }

    void forget_stream(const pattern& p, const addresses& where) const {
        if (is_runner(p)) delete_redis_prefix(services_->redis_url(), where.stream);
        else delete_redis_keys(services_->redis_url(), order_stream_keys(where.stream).all());
    }

    static std::string death_of(const pattern& p, const run_observation& seen) {
        if (seen.out_of_time) return "it did not end within --runner-limit";
        if (is_runner(p))
            return fmt::format("it {}{}", seen.end.describe(), seen.notes.empty() ? "" : ": " + seen.notes.back());
        if (seen.runs > 1) return fmt::format("it died {} times, at last {}", seen.runs, seen.end.describe());
        return fmt::format("it did not end by itself: {}",
                           seen.notes.empty() ? seen.end.describe() : seen.notes.back());
    }

    /// Of the box's time, what neither the run nor the services nor we ourselves used. NaN where a server is the
    /// user's: it may be on this box.
    [[nodiscard]] double foreign_share(const run_result& run, const run_observation& seen) const {
        const auto& box = seen.box;
        const auto& given = settings_.servers;
        const bool all_ours = given.target.empty() && given.postgres.empty() && given.redis.empty();
        if (!all_ours || box.total_s <= 0) return std::numeric_limits<double>::quiet_NaN();
        double ours_s = run.cpu.total_s() + seen.cpu_before_start_s + run.harness_cpu_s;
        for (const auto& s : run.services) ours_s += s.cpu_s;
        return std::max(0.0, box.busy_s - ours_s) / box.total_s;
    }

    const session_settings& settings_;
    const session_observer& observer_;
    const clock::time_point began_ = clock::now();
    signal_watch signals_;
    const std::string id_ = new_session_id();
    session_result result_;
    std::optional<session_services> services_;  // declared before what lives in them, and so ended after it
    std::optional<session_schema> schema_;
    unsigned runs_ = 0;
};

}  // namespace

session_outcome run_session(const session_settings& settings, const session_observer& observer) {
    return session(settings, observer).run();
}

}  // namespace pipebench
