#include "session/process_executor.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/error.hpp"
#include "contracts/number.hpp"
#include "measure/ledger.hpp"
#include "measure/run_account.hpp"
#include "measure/stream_probe.hpp"
#include "redis/late_results.hpp"
#include "session/events.hpp"
#include "system/box.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

constexpr unsigned most_restarts = 3;  ///< after so many restarts, a run that keeps dying has failed

void add(timeval& time, double seconds) {
    timeval more{};
    more.tv_sec = static_cast<time_t>(seconds);
    more.tv_usec = static_cast<suseconds_t>((seconds - std::floor(seconds)) * 1e6);
    timeradd(&time, &more, &time);
}

void add(known_bytes& sum, const known_bytes& more) {
    sum = sum && more ? std::optional(*sum + *more) : std::nullopt;
}

void see_workers(run_glance& seen, std::vector<joined_worker> workers) {
    for (const auto& w : workers) {
        seen.workers_present += w.how == worker_end::stayed ? 1u : 0u;
        seen.workers_missing += w.how == worker_end::missing ? 1u : 0u;
        seen.in_hand += w.how == worker_end::stayed ? w.in_hand : 0;
    }
    seen.workers = std::move(workers);
}

/// The run is what all of its processes did, wherever they were. Peaks of different machines are added, as if they had
/// been at the same time.
void add_workers(run_observation& seen, std::vector<joined_worker> workers, const recorder& record) {
    constexpr double unseen_s = std::chrono::duration<double>(worker_roll::missing_after).count();
    const double struck_s = std::chrono::duration<double>(record.killed_at()).count();
    for (const auto& w : workers) {
        add(seen.end.usage.ru_utime, w.cpu_user_s);
        add(seen.end.usage.ru_stime, w.cpu_system_s);
        add(seen.memory.peak_rss_bytes, w.peak_rss_bytes);
        add(seen.memory.peak_pss_bytes, w.peak_pss_bytes);
        seen.memory.processes += 1 + w.processes;
        const bool planned = seen.struck == kill_target::host && w.left_s + unseen_s >= struck_s;
        if (!planned && (w.how == worker_end::missing || w.how == worker_end::gave_up))
            seen.server_failures.push_back(
                fmt::format("worker {} on {} {}", w.instance, w.host,
                            w.how == worker_end::missing ? "went missing, unplanned" : "gave up"));
    }
    seen.memory.hwm_sum_bytes.reset();
    const auto limit = mean_in_flight_limit(workers, std::chrono::duration<double>(record.elapsed()).count());
    seen.in_flight_limit = static_cast<std::uint64_t>(std::ceil(limit));
    seen.workers = std::move(workers);
}

}  // namespace

process_executor::process_executor(const session_settings& settings, signal_watch& signals, say message)
    : settings_(settings),
      signals_(signals),
      message_(std::move(message)),
      until_(signals, settings.grace),
      id_(new_session_id()) {}

started_servers process_executor::start_servers(const needs& most, const say& message, const say& warning) {
    const auto& choice = settings_.servers;
    services_.emplace(choice, server_needs{most.database_connections, most.redis}, until_.for_servers(), message,
                      warning);
    const bool ends_with_its_server = services_->postgres_pid() != 0;
    const auto redis = most.redis ? choice.redis : std::string();
    sweep_before_a_session(choice.postgres, redis, until_.before_a_run, message);
    if (!redis.empty()) keys_.emplace(redis, id_, until_.before_a_run);
    schema_.emplace(schema_settings{.postgres = services_->postgres_url(),
                                    .name = "pipebench_" + id_,
                                    .tables = settings_.tables,
                                    .schema = ends_with_its_server ? leftovers::keep : settings_.tables,
                                    .warning = [this](const std::string& text) { message_("warning: " + text); }},
                    until_);
    if (settings_.join)
        joined_.emplace(*settings_.join, services_->redis_url(),
                        session_card{.version = describe_build().version,
                                     .session = {},
                                     .work = settings_.work,
                                     .schema = schema_->name(),
                                     .table = {},
                                     .stream = {},
                                     .transform_rounds_per_us = settings_.transform_rounds_per_us},
                        until_.before_a_run, [this](const auto& change, auto began) { tell_change(change, began); });
    if (settings_.yardstick) yardstick_.emplace(services_->postgres_url(), until_.before_a_run);
    return {services_->servers(), schema_->name()};
}

executed_run process_executor::execute(const run_plan& plan, const on_progress& progress) {
    auto box = yardstick_ ? std::optional(yardstick_->measure()) : std::nullopt;
    const auto scenario = plan.trouble.api.none() ? std::string() : plan.trouble.source;
    if (settings_.servers.target.empty())
        api_.emplace(settings_.binary, settings_.work, scenario, until_.before_a_run);
    const auto table = make_table(plan);
    const auto where = addresses_for(plan, table);
    auto request = request_for(plan, where);
    const auto trace = settings_.trace_share > 0
                           ? std::optional(sample_of(settings_.trace_share, settings_.work.seed))
                           : std::nullopt;
    request.happened = happened_ = plan.happened;
    outage_.reset();
    executed_run out{
        .record = recorder::create(settings_.work.orders, trace), .table = table, .yardstick = std::move(box)};
    if (settings_.watch == watching::end_only) out.record.leave_out_latencies();
    expect_arrivals(request, out.record);
    observe(request, out, [&](const recorder& record, const run_glance& seen) {
        progress(record, seen);
        look_for_outage(record);
    });
    look_for_outage(out.record);
    if (outage_) tell_outage(event_kind::outage_ends, out.record);
    for (auto& failure : services_->take_failures(until_.after_a_run))
        out.seen.server_failures.push_back(std::move(failure));
    if (api_)
        if (auto failure = api_->failure(); !failure.empty()) out.seen.server_failures.push_back(std::move(failure));
    if (api_) out.api = api_->stop(until_.after_a_run);
    api_.reset();
    if (!where.redis.empty()) plan.who.delete_keys(where.redis, where.stream);
    return out;
}

/// Of the mock API, as the scenario has it.
void process_executor::look_for_outage(const recorder& record) {
    if (!api_) return;
    if (auto begun = api_->take_outage()) {
        outage_ = begun;
        tell_outage(event_kind::outage_begins, record);
    }
    if (!outage_ || std::chrono::steady_clock::now() < outage_->to) return;
    tell_outage(event_kind::outage_ends, record);
    outage_.reset();
}

/// One that lasts longer than the run ends with it.
void process_executor::tell_outage(event_kind kind, const recorder& record) const {
    const auto on_clock = [&](auto t) {
        const auto ns = std::chrono::nanoseconds(t.time_since_epoch()).count();
        return event_seconds(std::min(record.on_clock(ns), record.elapsed()));
    };
    const double from_s = on_clock(outage_->from), to_s = on_clock(outage_->to);
    event out{.kind = kind, .at_s = from_s, .fields = {{"service", name_of(service::mock_api)}}};
    if (kind == event_kind::outage_ends) {
        out.at_s = to_s;
        out.fields["from_s"] = from_s;
        out.fields["to_s"] = to_s;
    }
    happened_(out);
}

void process_executor::tell_change(const worker_change& change, worker_roll::clock::time_point began) const {
    happened_(event_of(change, began));
}

void process_executor::observe(run_request& request, executed_run& run, const on_progress& progress) {
    if (!joined_) {
        run.seen = observe_run(request, run.record, signals_, progress);
        return;
    }
    request.spec.part = run_part::source;
    message_(fmt::format("waiting for {} to join the session '{}'",
                         counted(settings_.join->expected, "worker", "workers"), settings_.join->name));
    try {
        observe_elsewhere(request, run, progress);
    } catch (...) {
        joined_->call_off();
        request.who.delete_keys(request.spec.where.redis, request.spec.where.stream);
        throw;
    }
}

void process_executor::observe_elsewhere(run_request& request, executed_run& run, const on_progress& progress) {
    bool nobody_left = false;
    auto seen = run_glance();
    const auto look = [&](const recorder& record, const run_glance& here) {
        if (here.number != seen.number) {
            seen = here;
            see_workers(seen, joined_->seen());
        }
        seen.rss_bytes = here.rss_bytes;
        progress(record, seen);
        joined_->tell_changes();
        if (nobody_left || !joined_->nobody_is_left()) return;
        nobody_left = true;
        run.record.request_stop();
    };
    joined_->announce(request.spec.where.table, request.spec.where.stream, until_.before_a_run);
    joined_->begin();
    run.seen = observe_run(request, run.record, signals_, look);
    const auto ended = std::chrono::steady_clock::now();
    auto workers = joined_->finish(ended, until_.after_a_run);
    end_what_workers_have_drained(request, run);
    add_workers(run.seen, std::move(workers), run.record);
    if (nobody_left) {
        run.seen.server_failures.emplace_back("no worker was left, for as long as --join-timeout");
        run.seen.asked_to_end = run.seen.given_up = true;
    }
    if (chaos_)
        if (const auto end = chaos_->wait_for(std::chrono::milliseconds(0)); end && !end->exited_with(0))
            run.seen.server_failures.push_back("--chaos-command " + end->describe());
    for (const auto& text : joined_->take_warnings()) run.seen.notes.push_back(text);
}

/// Orders that were in hand when the run had ended: they count, and their times do not.
void process_executor::end_what_workers_have_drained(const run_request& request, executed_run& run) try {
    if (run.record.read().ended() == run.record.orders()) return;
    run.record.leave_out_latencies();
    end_by_late_results(request.spec.where.redis, request.spec.where.stream, run.record.log(), until_.after_a_run);
} catch (const redis_error& e) {
    run.seen.notes.push_back(
        fmt::format("results of orders that workers had in hand at the end are not known: {}", e.what()));
} catch (const interrupted&) {
    run.seen.notes.emplace_back("results of orders that workers had in hand at the end were not read");
}

/// Of an open run.
void process_executor::expect_arrivals(run_request& request, recorder& record) {
    if (!settings_.work.arrive.open()) return;
    const arrival_schedule when(settings_.work);
    if (request.who.reports() == order_reports::in_lines) {
        request.arrivals = when;
        schedule_.emplace(when);
        request.spec.schedule = schedule_->path();
    }
    record.expect_arrivals(settings_.work.arrive.warm_up, when.end(), settings_.work.objectives);
    request.give_up_at = when.end() + drain_of(settings_.work);
}

table_name process_executor::make_table(const run_plan& plan) {
    std::string name(plan.who.id());
    std::replace(name.begin(), name.end(), '-', '_');
    return schema_->make_table(fmt::format("{}_{}", name, ++runs_), plan.trouble.database.latency);
}

addresses process_executor::addresses_for(const run_plan& plan, const table_name& table) const {
    addresses where;
    where.target = api_ ? api_->url() : settings_.servers.target;
    if (!api_) where.target_address = settings_.servers.target_address;
    where.postgres = services_->postgres_url();
    where.schema = table.schema;
    where.table = table.table;
    if (plan.who.needs_at(settings_.work).redis) {
        where.redis = services_->redis_url();
        where.stream = fmt::format("pipebench:{}:{}", id_, runs_);
    }
    return where;
}

run_request process_executor::request_for(const run_plan& plan, const addresses& where) {
    const auto postgres = services_->postgres_pid() != 0 ? server_owner::pipebench : server_owner::user;
    run_request request{.who = plan.who,
                        .spec = {std::string(plan.who.id()), settings_.work, where, settings_.profile_stages,
                                 settings_.loop_lag || !settings_.work.transform_cost.none(),
                                 settings_.transform_rounds_per_us},
                        .postgres = postgres,
                        .services = watched_services(where),
                        .grace = settings_.grace,
                        .incidents = incidents_of(settings_.chaos, plan.trouble, plan.who, settings_.work, means()),
                        .watch = settings_.watch,
                        .glances = settings_.glances,
                        .helper = settings_.helper};
    request.spec.work.poison = plan.trouble.poison;
    if (!where.redis.empty()) request.stream = stream_probe_for(where);
    const bool will_be_killed = !request.incidents.empty() || !plan.trouble.poison.empty();
    if (will_be_killed && plan.who.may_restart()) request.restarts = most_restarts;
    return request;
}

/// The session's own servers that this run uses.
std::vector<watched_service> process_executor::watched_services(const addresses& where) const {
    std::vector<watched_service> out;
    if (!where.redis.empty() && services_->redis_pid() != 0)
        out.push_back({service::redis, [this] { return services_->redis_pid(); }});
    if (services_->postgres_pid() != 0)
        out.push_back({service::postgres, [this] { return services_->postgres_pid(); }});
    if (api_) out.push_back({service::mock_api, [this] { return api_->pid(); }});
    return out;
}

incident_means process_executor::means() {
    return {.kill_redis = [this] { services_->kill_redis(); },
            .kill_postgres = [this] { services_->kill_postgres(); },
            .kill_host = [this] { start_chaos_command(); },
            .terminate_connections = [this] { return schema_->terminate_connections(); }};
}

/// Its output goes to stderr. It may still run when the run has ended, and is killed at the next one, or at the end.
void process_executor::start_chaos_command() {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", settings_.chaos.command};
    settings.environment = whole_environment();
    settings.descriptors = {{1, STDERR_FILENO}};
    chaos_.reset();
    chaos_.emplace(child_process::spawn(settings));
}

ledger_view process_executor::check_ledger(executed_run& run, const run_plan& plan, bool signalled) {
    schema_->end_table(run.table);
    services_->wait_for_postgres(until_.after_a_run);  // it may be recovering from a kill or a crash
    postgres_client postgres(services_->postgres_url(), until_.after_a_run, ledger_limits);
    if (plan.who.reports() == order_reports::in_lines) settle_what_is_there(postgres, run.table, run.record);
    return pipebench::check_ledger({postgres, run.table, run.record, extent_of(run.record, run.seen, signalled),
                                    settings_.servers.has_our_api() ? settings_.expected : nullptr,
                                    transform_work(settings_.work, settings_.transform_rounds_per_us)});
}

}  // namespace pipebench
