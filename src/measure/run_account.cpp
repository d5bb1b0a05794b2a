#include "measure/run_account.hpp"

#include "analysis/floor.hpp"
#include "contracts/error.hpp"
#include "contracts/number.hpp"
#include "measure/histogram.hpp"
#include "measure/load_account.hpp"
#include "system/cpu_time.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <utility>

namespace pipebench {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The CPU time of an order, split in proportion to the samples of each section.
cpu_split split_of(const std::array<std::uint64_t, cpu_section_count>& samples, double cpu_per_order_us) {
    cpu_split out;
    for (const auto n : samples) out.samples += n;
    if (out.samples == 0) return out;
    const auto of = [&](cpu_section s) {
        return cpu_per_order_us * static_cast<double>(samples[static_cast<std::size_t>(s)]) /
               static_cast<double>(out.samples);
    };
    out.fetch_us = of(cpu_section::fetch);
    out.transform_us = of(cpu_section::transform);
    out.store_us = of(cpu_section::store);
    out.scheduling_us = of(cpu_section::scheduling);
    return out;
}

/// CPU time before a runner reported its start is not part of the run.
void leave_out(double before_start_s, cpu_usage& cpu) {
    const double user = std::min(cpu.user_s, before_start_s);
    cpu.user_s -= user;
    cpu.system_s = std::max(0.0, cpu.system_s - (before_start_s - user));
}

bool was_interrupted(const recorder& record, bool signalled) {
    return signalled && record.read().ended() < record.orders();
}

void add_failures(run_result& out, const recorder& record, const progress& p) {
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 1; k < error_kind_count; ++k)
            if (const auto n = p.failures[s][k])
                out.failures.push_back({static_cast<stage>(s), static_cast<error_kind>(k), n,
                                        record.reason_of(static_cast<stage>(s), static_cast<error_kind>(k))});
}

/// Counts, times and latencies.
void add_orders(run_result& out, const recorder& record, const run_observation& seen) {
    const auto p = record.read();
    out.time_s = std::chrono::duration<double>(record.elapsed()).count();
    out.orders = record.orders();
    out.stored = p.stored;
    out.dead_lettered = p.failed_as(stage::schedule, error_kind::dead_letter);
    const auto shed = p.failed_as(stage::schedule, error_kind::overloaded);
    out.failed = p.failed - std::min(p.failed, out.dead_lettered + shed);
    out.not_started = out.orders - std::min(out.orders, p.ended());
    out.repeated = p.repeated;
    out.http_attempts = p.http_attempts;
    out.retries = p.retries;
    out.refused_retries = p.refused_retries;
    for (const auto& w : seen.workers) {
        out.retries += w.retries;
        out.refused_retries += w.refused_retries;
    }
    out.store_attempts = p.store_attempts;
    out.orders_per_s = out.time_s > 0 ? static_cast<double>(p.ended()) / out.time_s : unknown;
    add_failures(out, record, p);
    out.latency = summarise(record.service());
    out.served = distribution_of(record.service());
}

stage_time time_of(stage at, const recorder& record) {
    const auto counted = record.stage_duration(at);
    return {total_of(counted), summarise(counted), distribution_of(counted)};
}

/// Not known of a program that reports in lines, nor of workers elsewhere.
void add_stages(run_result& out, const recorder& record) {
    stage_times all{time_of(stage::fetch, record), time_of(stage::transform, record), time_of(stage::store, record)};
    if (all.fetch.attempts > 0) out.stages = std::move(all);
}

/// What was measured of event loops, and of the threads that transform their orders.
void add_loops(run_result& out, const recorder& record) {
    const auto lag = record.loop_lag(), waits = record.transform_wait();
    if (total_of(lag) > 0) out.loop_lag = summarise(lag);
    if (const auto transforms = total_of(waits); transforms > 0)
        out.transform_pool = transform_pool_view{transforms, record.transforms_held_back(), record.transform_deaths(),
                                                 summarise(waits)};
}

/// A program that reports in lines tells nothing of its connections, and workers elsewhere do not either.
void add_connection_waits(run_result& out, const recorder& record, order_reports reports, bool is_elsewhere) {
    out.connection_waits.count = record.long_connection_waits();
    out.connection_waits.longest_s = reports == order_reports::in_lines || is_elsewhere
                                         ? unknown
                                         : std::chrono::duration<double>(record.longest_connection_wait()).count();
}

void add_memory(run_result& out, const recorder& record, const run_observation& seen) {
    out.memory = seen.memory;
    if (record.peak_rss() == 0 || seen.is_elsewhere()) return;
    // The run has ended before it was looked at again.
    if (record.peak_rss() > 2 * seen.memory.peak_rss_bytes.value_or(0)) out.memory.peak_pss_bytes.reset();
    for (auto* peak : {&out.memory.peak_rss_bytes, &out.memory.hwm_sum_bytes})
        *peak = std::max(peak->value_or(0), record.peak_rss());
}

void add_cpu(run_result& out, const recorder& record, const run_observation& seen, const run_terms& terms) {
    out.cpu.user_s = as_seconds(seen.end.usage.ru_utime);
    out.cpu.system_s = as_seconds(seen.end.usage.ru_stime);
    leave_out(seen.cpu_before_start_s, out.cpu);
    const double box_s = out.time_s * terms.cores;
    out.cpu.box_share = !seen.is_elsewhere() && box_s > 0 ? out.cpu.total_s() / box_s : unknown;
    out.cpu_per_order_us = out.ended() > 0 ? out.cpu.total_s() * 1e6 / static_cast<double>(out.ended()) : unknown;
    out.cpu_sections = split_of(record.samples(), out.cpu_per_order_us);
    out.harness_cpu_s = seen.harness_cpu_s;
    const double all_s = out.time_s * static_cast<double>(terms.all_cores);
    out.throttled_share = all_s > 0 ? seen.box.throttled_s / all_s : unknown;
    out.steal_share = seen.box.total_s > 0 ? std::max(0.0, seen.box.steal_s) / seen.box.total_s : unknown;
}

void add_services(run_result& out, const run_evidence& e) {
    out.api = e.api.seen;
    out.services = e.seen.services;
    for (auto& used : out.services)
        if (used.name == service::mock_api) used.cpu_s = e.api.cpu_s;
}

/// The floor of the orders that were stored: a failed one may have waited for less, and an interrupted run has not
/// done all of them.
void add_floor(run_result& out, const run_observation& seen, const run_terms& terms) {
    auto done = simulated_work(terms.work, terms.target);
    done.orders = out.stored;
    const auto in_flight = seen.in_flight_limit.value_or(terms.who.needs_at(terms.work).in_flight);
    out.in_flight_limit = std::min(in_flight, terms.work.orders);
    if (seen.is_elsewhere()) done.transform_cost = {};  // other machines have other cores, and other speeds
    out.floor_s = floor_of(done, in_flight, terms.cores).count();
    out.efficiency = out.stored == 0 ? unknown : out.time_s > 0 ? out.floor_s / out.time_s : 0;
}

/// Replaces what means something else in an open run: its orders arrive at their own pace, so that its time says
/// nothing of the pattern, and latency counts from the arrival.
void add_load(run_result& out, const recorder& record, const run_observation& seen, const run_terms& terms) {
    if (!terms.work.arrive.open()) return;
    auto expected = expected_of(terms.who, terms.work, terms.target);
    expected.in_flight_limit = seen.in_flight_limit.value_or(expected.in_flight_limit);
    out.in_flight_limit = expected.bounded ? expected.in_flight_limit : 0;
    // What is in flight does not grow, so that the queue grows as what has not ended.
    auto series = out.series;
    const bool queue_is_known = seen.not_ended.empty();
    if (!queue_is_known) series.queued = seen.not_ended;
    out.load = load_of(record, series, expected);
    if (!queue_is_known) out.load->queue_mean = out.load->queue_peak = unknown;
    out.orders_per_s = out.load->achieved_per_s;
    out.latency = summarise(record.response(), out.load->orders);
    out.efficiency = unknown;
}

/// Share of the machine's CPU time that the run, the services and pipebench did not use. NaN if the user gave a
/// server, because that may be on this machine, or if the CPU time of a service is not known.
double foreign_share(const run_result& run, const run_observation& seen, server_owner servers) {
    if (servers == server_owner::user || seen.box.total_s <= 0) return unknown;
    double ours_s = run.cpu.total_s() + seen.cpu_before_start_s + run.harness_cpu_s;
    for (const auto& s : run.services) ours_s += s.cpu_s;  // NaN if one is not known
    return std::isnan(ours_s) ? unknown : std::max(0.0, seen.box.busy_s - ours_s) / seen.box.total_s;
}

/// Not in an outage, when the API drops requests uncounted, and not for a runner, which does not report its calls.
bool counts_calls(const run_terms& terms) {
    return terms.trouble.api.down.time == duration{} && terms.who.reports() == order_reports::in_record;
}

/// As planned: what had not begun by then is unfinished. A runner is asked to end by a signal.
bool ended_after_drain(const run_observation& seen) {
    const auto code = seen.end.code_of_shell();
    return seen.asked_to_end && (code == 0 || code == 128 + SIGTERM);
}

/// How the run and the servers that pipebench started for it died; empty if all ended as planned.
std::string death_of(const run_result& run, const run_evidence& e, const run_terms& terms) {
    auto all = e.seen.server_failures;
    const bool whole = extent_of(e.record, e.seen, terms.signalled) == run_extent::complete;
    if (!whole && !run.interrupted && !ended_after_drain(e.seen)) all.push_back(terms.who.describe_failure(e.seen));
    return fmt::format("{}", fmt::join(all, "; "));
}

/// What may have led to lost orders.
std::string explanation_of(const run_observation& seen) {
    auto all = seen.server_failures;
    if (!seen.misread_lines.empty()) all.push_back(seen.misread_lines);
    return fmt::format("{}", fmt::join(all, "; "));
}

/// What a runner tells of an open run must be when its orders ended; empty if it is.
std::string bad_times_of(const run_evidence& e, const run_terms& terms) {
    if (!terms.work.arrive.open() || terms.who.reports() != order_reports::in_lines) return {};
    if (e.seen.too_early > 0)
        return fmt::format("{} begun or done before they arrived: keep to PIPEBENCH_SCHEDULE",
                           counted(e.seen.too_early, "order was", "orders were"));
    const auto stored = e.record.read().stored;
    // After the drain it was ended, perhaps between the write and its line: those orders are late anyway.
    if (stored <= e.seen.told_stored || e.seen.asked_to_end) return {};
    return fmt::format("it did not say when {} stored: print 'stored ID' for each, and flush it",
                       counted(stored - e.seen.told_stored, "order was", "orders were"));
}

verdict verdict_on(const run_result& run, const run_evidence& e, const run_terms& terms) {
    return judge(run, {.cores = e.seen.is_elsewhere() ? std::numeric_limits<double>::infinity() : terms.cores,
                       .database_connections = terms.who.needs_at(terms.work).database_connections,
                       .begun_again = e.record.read().begun_again,
                       .own_postgres = terms.postgres == server_owner::pipebench,
                       .separate_source = terms.who.needs_at(terms.work).separate_source,
                       .floor_tolerance = floor_tolerance(terms.work),
                       .busy_limit = terms.busy_limit,
                       .build = terms.build,
                       .death = death_of(run, e, terms),
                       .ledger_failure = e.ledger.failure,
                       .bad_times = bad_times_of(e, terms),
                       .explanation = explanation_of(e.seen)});
}

run_result row_for(const run_terms& terms) {
    run_result out;
    out.pattern = terms.who.id();
    out.title = terms.who.title();
    out.scenario = terms.trouble.name;
    return out;
}

}  // namespace

run_result account_of_failure(const std::string& why, const run_terms& terms) {
    auto out = row_for(terms);
    out.orders = out.not_started = terms.work.orders;
    const auto in_flight = terms.who.needs_at(terms.work).in_flight;
    out.in_flight_limit = std::min(in_flight, terms.work.orders);
    out.floor_s = floor_of(simulated_work(terms.work, terms.target), in_flight, terms.cores).count();
    for (double* number : {&out.time_s, &out.efficiency, &out.orders_per_s, &out.cpu_per_order_us, &out.cpu.box_share,
                           &out.foreign_share})
        *number = unknown;
    out.ledger.checked = false;
    out.verdict = {verdict_kind::invalid_death, "INVALID: it could not be run: " + printable(why)};
    return out;
}

run_result account_of(const run_evidence& e, const run_terms& terms) {
    auto out = row_for(terms);
    out.interrupted = was_interrupted(e.record, terms.signalled);
    add_orders(out, e.record, e.seen);
    add_connection_waits(out, e.record, terms.who.reports(), e.seen.is_elsewhere());
    add_stages(out, e.record);
    add_loops(out, e.record);
    add_memory(out, e.record, e.seen);
    add_cpu(out, e.record, e.seen, terms);
    add_services(out, e);
    add_floor(out, e.seen, terms);
    out.in_flight = e.seen.in_flight;
    out.workers = e.seen.workers;
    out.series = e.seen.series;
    add_load(out, e.record, e.seen, terms);
    out.notes = e.seen.notes;
    out.recovery = recovery_of(out, e.record, e.seen, counts_calls(terms));
    out.foreign_share = foreign_share(out, e.seen, terms.servers);
    out.ledger = e.ledger.view;
    out.verdict = verdict_on(out, e, terms);
    return out;
}

run_extent extent_of(const recorder& record, const run_observation& seen, bool signalled) {
    const bool whole =
        !was_interrupted(record, signalled) && seen.end.exited_with(0) && !seen.out_of_time && !seen.given_up;
    return whole ? run_extent::complete : run_extent::cut_short;
}

forecast_terms expected_of(const contestant& who, const workload& work, server_owner target) {
    const auto need = who.needs_at(work);
    const std::chrono::duration<double> service = latency_of(work);
    return {work, need.in_flight, need.bounds_in_flight, target == server_owner::user ? 0 : service.count(),
            need.behind_another};
}

workload simulated_work(workload work, server_owner target) {
    if (target == server_owner::user) work.http = {};
    return work;
}

recovery_view recovery_of(const run_result& run, const recorder& record, const run_observation& seen,
                          bool counts_calls) {
    const auto in_seconds = [](std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); };
    recovery_view out;
    out.api_calls_again = counts_calls ? 0 : unknown;
    out.runs = seen.runs;
    out.killed = seen.struck == kill_target::none && seen.runs > 1 ? kill_target::itself : seen.struck;
    if (out.killed == kill_target::none) return out;
    out.at_s = in_seconds(record.killed_at());
    out.resumed_s = record.resumed_at().count() > 0 ? in_seconds(record.resumed_at() - record.killed_at()) : unknown;
    out.drained_s = run.time_s - out.at_s;
    const auto p = record.read();
    const auto once = static_cast<double>(p.http_attempts - p.repeated_attempts);
    if (counts_calls)
        out.api_calls_again = run.api.known ? std::max(0.0, static_cast<double>(run.api.requests) - once) : unknown;
    return out;
}

}  // namespace pipebench
