#include "metrics/families.hpp"

#include "contracts/latency_bin.hpp"
#include "metrics/family_list.hpp"
#include "system/box.hpp"
#include "system/cpu_time.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace pipebench {
namespace {

using std::string_view;
constexpr std::chrono::milliseconds without_latency{1};  ///< the usual duration where none is simulated

double number(std::uint64_t n) { return static_cast<double>(n); }
double number(const known_bytes& bytes) { return bytes ? number(*bytes) : std::nan(""); }

metric_labels with(metric_labels labels, std::string_view name, std::string_view value) {
    labels.emplace_back(name, value);
    return labels;
}

metric_labels labels_of(const live_session::key& key) {
    return {{"pattern", key.pattern}, {"scenario", key.scenario}};
}

void add_build(family_list& out, string_view command) {
    const auto build = describe_build();
    out.gauge("pipebench_build_info", "The program that answers; always 1.",
              {{"version", build.version}, {"build", build.type}, {"command", std::string(command)}}, 1);
}

/// Does not fall: the kernel only estimates the time of waiting for I/O, and takes some of it back. Called by the one
/// thread of a process that serves metrics.
void add_box(family_list& out) {
    if (const auto memory = available_memory(); memory != no_limit)
        out.gauge("pipebench_host_available_memory_bytes", "Memory of this host that programs can still get.", {},
                  number(memory));
    static double busy_s = 0, idle_s = 0, steal_s = 0;
    const auto t = read_box_time();
    busy_s = std::max(busy_s, t.busy_s);
    idle_s = std::max(idle_s, t.total_s - t.busy_s - t.steal_s);
    steal_s = std::max(steal_s, t.steal_s);
    if (busy_s == 0) return;  // it cannot be read
    const auto* const help = "Time of all cores of this host since it started.";
    out.counter("pipebench_host_cpu_seconds_total", help, {{"mode", "busy"}}, busy_s);
    out.counter("pipebench_host_cpu_seconds_total", help, {{"mode", "idle"}}, idle_s);
    out.counter("pipebench_host_cpu_seconds_total", help, {{"mode", "steal"}}, steal_s);
}

void add_orders(family_list& out, const metric_labels& labels, const run_sums& sums) {
    const auto& p = sums.done;
    if (sums.arrived > 0)
        out.counter("pipebench_arrivals_total", "Orders of open runs that were to arrive by now.", labels,
                    number(sums.arrived));
    const auto failed_as = [&](error_kind k) {
        std::uint64_t sum = 0;
        for (std::size_t s = 0; s < stage_count; ++s) sum += p.failures[s][static_cast<std::size_t>(k)];
        return sum;
    };
    const auto dead = failed_as(error_kind::dead_letter), shed = failed_as(error_kind::overloaded);
    const auto* const help = "Orders that have ended, each once.";
    const auto ended = [&](string_view outcome, std::uint64_t n) {
        out.counter("pipebench_orders_total", help, with(labels, "outcome", outcome), number(n));
    };
    ended("stored", p.stored);
    ended("failed", p.failed - std::min(p.failed, dead + shed));
    ended("dead_lettered", dead);
    ended("shed", shed);
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 1; k < error_kind_count; ++k)
            if (p.failures[s][k] > 0)
                out.counter("pipebench_order_failures_total", "Orders that failed, by stage and kind.",
                            with(with(labels, "stage", name_of(static_cast<stage>(s))), "kind",
                                 name_of(static_cast<error_kind>(k))),
                            number(p.failures[s][k]));
    out.counter("pipebench_orders_begun_total", "Orders that have begun, each once.", labels, number(p.begun));
    out.counter("pipebench_orders_repeated_total", "Second and later ends of orders that were delivered again.",
                labels, number(p.repeated));
    out.counter("pipebench_http_attempts_total", "Requests of orders that have ended.", labels,
                number(p.http_attempts));
    out.counter("pipebench_store_attempts_total", "Writes of orders that have ended.", labels,
                number(p.store_attempts));
    out.counter("pipebench_http_retries_total", "Requests beyond the first of an order.", labels, number(p.retries));
    out.counter("pipebench_refused_retries_total", "Retries that the retry budget did not allow.", labels,
                number(p.refused_retries));
    out.counter("pipebench_throttled_requests_total", "Requests that the API answered with 429.", labels,
                number(p.throttled));
}

void add_objectives(family_list& out, const metric_labels& labels, const run_sums& sums, const workload& work) {
    const auto& in_time = sums.on_time;
    std::uint64_t stored = 0;
    for (const auto n : sums.response.bins) stored += n;
    for (std::size_t i = 0; i < std::min(work.objectives.size(), in_time.size()); ++i) {
        const auto of = with(labels, "objective", format_objective(work.objectives[i]));
        const auto* const help = "Orders stored after the warm-up, within the limit of the objective or beyond it.";
        out.counter("pipebench_slo_orders_total", help, with(of, "within", "true"), number(in_time[i]));
        out.counter("pipebench_slo_orders_total", help, with(of, "within", "false"),
                    number(stored - std::min(stored, in_time[i])));
    }
}

std::chrono::nanoseconds or_else(duration simulated) {
    return simulated.count() > 0 ? std::chrono::nanoseconds(simulated) : without_latency;
}

bool has_observations(const latency_counts& counted) {
    return std::ranges::any_of(counted.bins, [](std::uint64_t n) { return n > 0; });
}

void add_durations(family_list& out, const metric_labels& labels, const run_sums& sums, const workload& work) {
    std::vector<std::chrono::nanoseconds> limits;
    for (const auto& o : work.objectives) limits.emplace_back(o.limit);
    const auto whole = bounds_around(or_else(work.http.mean + work.db_latency), limits);
    const auto step = bounds_around(without_latency);
    const auto fetch = bounds_around(or_else(work.http.mean));
    out.histogram("pipebench_order_service_seconds", "From an order's begin to its end.", labels, sums.service,
                  whole);
    if (work.arrive.open()) {
        out.histogram("pipebench_order_wait_seconds", "From an order's arrival to its begin.", labels, sums.wait,
                      whole);
        out.histogram("pipebench_order_response_seconds",
                      "From the arrival of an order to its end, if it was stored.", labels, sums.response, whole);
        out.histogram("pipebench_arrival_lateness_seconds", "How late the run let orders arrive.", labels,
                      sums.lateness, step);
    }
    // Without observations they are not known: of workers elsewhere and of runners, or since nobody measures.
    for (std::size_t i = 0; i < timed_stages.size(); ++i)
        if (has_observations(sums.stages[i]))
            out.histogram("pipebench_stage_duration_seconds", "One attempt at a stage of an order.",
                          with(labels, "stage", name_of(timed_stages[i])), sums.stages[i],
                          timed_stages[i] == stage::fetch ? fetch : step);
    if (has_observations(sums.loop_lag))
        out.histogram("pipebench_event_loop_lag_seconds", "How late the timers of the event loops were.", labels,
                      sums.loop_lag, step);
}

void add_costs(family_list& out, const metric_labels& labels, const run_sums& sums) {
    const auto* const help =
        "User and system time during runs: of the run, of each server of the session, and of the "
        "harness, which is known when a run has ended.";
    const auto used = [&](string_view service, double cpu_s) {
        out.counter("pipebench_cpu_seconds_total", help, with(labels, "service", service), cpu_s);
    };
    used("run", sums.cpu_s);
    for (std::size_t i = 0; i < service_count; ++i) used(name_of(static_cast<service>(i)), sums.services_cpu_s[i]);
    used("harness", sums.harness_cpu_s);
}

void add_ledger(family_list& out, const metric_labels& labels, const run_sums& sums) {
    if (sums.runs > 0) out.counter("pipebench_runs_total", "Runs that have ended.", labels, number(sums.runs));
    if (sums.ledgers == 0) return;
    const auto* const help = "What the ledgers of the runs that have ended found; each should be 0.";
    out.counter("pipebench_ledger_orders_total", help, with(labels, "found", "lost"), number(sums.lost));
    out.counter("pipebench_ledger_orders_total", help, with(labels, "found", "corrupt"), number(sums.corrupt));
    out.counter("pipebench_ledger_orders_total", help, with(labels, "found", "unexpected"), number(sums.unexpected));
}

void add_workers(family_list& out, const metric_labels& labels, const run_glance& seen) {
    if (seen.workers.empty()) return;
    const auto* const help = "Workers of this run on other machines.";
    out.gauge("pipebench_workers", help, with(labels, "state", "present"), number(seen.workers_present));
    out.gauge("pipebench_workers", help, with(labels, "state", "missing"), number(seen.workers_missing));
}

void add_memory(family_list& out, const metric_labels& labels, const run_glance& seen) {
    const auto add = [&](string_view service, const known_bytes& rss, const known_bytes& pss) {
        const auto of = with(labels, "service", service);
        out.gauge("pipebench_resident_memory_bytes", "Resident memory of all processes, as last read.", of,
                  number(rss));
        out.gauge("pipebench_proportional_memory_bytes", "The same without counting shared pages twice.", of,
                  number(pss));
    };
    add("run", seen.rss_bytes > 0 ? known_bytes(seen.rss_bytes) : std::nullopt, seen.pss_bytes);
    for (const auto& s : seen.services) add(name_of(s.name), s.rss_bytes, s.pss_bytes);
    if (seen.processes > 0)
        out.gauge("pipebench_processes", "Processes of the run on this host.", labels, number(seen.processes));
}

void add_queue(family_list& out, const metric_labels& labels, const live_session& session) {
    out.gauge("pipebench_in_flight_orders",
              "Orders begun and not ended; of workers elsewhere, what they last had in hand.", labels,
              session.in_flight());
    out.gauge("pipebench_queue_depth", "Orders that have arrived and not begun.", labels, session.queued());
    out.gauge("pipebench_oldest_queued_age_seconds",
              "Since the arrival of the order that is next in line; 0 if none waits.", labels,
              session.oldest_queued_s());
}

/// Of the run that goes.
void add_now(family_list& out, const live_session& session) {
    const auto& run = *session.run();
    const metric_labels labels{{"pattern", run.what.pattern}, {"scenario", run.what.scenario}};
    add_memory(out, labels, run.seen);
    add_workers(out, labels, run.seen);
    if (!run.record) return;
    out.gauge("pipebench_run_orders", "Orders of this run.", labels, number(run.what.work.orders));
    out.gauge("pipebench_run_elapsed_seconds", "Since the start of this run's clock.", labels,
              std::chrono::duration<double>(run.record->elapsed()).count());
    if (run.what.work.arrive.rate.orders > 0 && !run.what.is_part)
        out.gauge("pipebench_offered_rate", "Orders that are to arrive per second.", labels,
                  run.what.work.arrive.rate.per_second());
    if (run.what.in_flight_limit)
        out.gauge("pipebench_in_flight_limit", "Orders that may be in flight; absent where nothing bounds it.",
                  labels, number(*run.what.in_flight_limit));
    add_queue(out, labels, session);
    out.gauge("pipebench_stream_lag_entries", "Entries of the stream that were not delivered.", labels,
              run.seen.stream.lag);
    out.gauge("pipebench_stream_pending_entries", "Entries delivered and not acknowledged.", labels,
              run.seen.stream.pending);
    out.gauge("pipebench_stream_oldest_pending_seconds", "Since the oldest of them was added.", labels,
              run.seen.stream.oldest_pending_s);
}

}  // namespace

std::string metrics_of(live_session& session) {
    family_list out;
    add_build(out, session.session().command);
    for (std::size_t i = 0; i < live_phase_count; ++i) {
        const auto phase = static_cast<live_phase>(i);
        out.gauge("pipebench_session_phase", "1 for what the session does now: checking is the ledger of a run.",
                  {{"phase", std::string(name_of(phase))}}, session.phase() == phase ? 1 : 0);
    }
    for (const auto& [key, sums] : session.sums()) {
        const auto labels = labels_of(key);
        if (sums.orders_seen) {
            add_orders(out, labels, sums);
            add_objectives(out, labels, sums, *session.first_work());
            add_durations(out, labels, sums, *session.first_work());
        }
        add_costs(out, labels, sums);
        add_ledger(out, labels, sums);
    }
    if (session.run() != nullptr) add_now(out, session);
    add_box(out);
    return out.text();
}

std::string metrics_of(const api_now& api) {
    family_list out;
    add_build(out, "mock-api");
    const auto& c = api.counters;
    out.counter("pipebench_api_requests_total", "Requests for orders.", {}, number(c.requests));
    const auto* const help = "Answers to requests for orders; a fault may also be that there is none.";
    const auto plain = c.responses - std::min(c.responses, c.throttled + c.faults);
    out.counter("pipebench_api_answers_total", help, {{"answer", "order"}}, number(plain));
    out.counter("pipebench_api_answers_total", help, {{"answer", "throttled"}}, number(c.throttled));
    out.counter("pipebench_api_answers_total", help, {{"answer", "fault"}}, number(c.faults));
    out.counter("pipebench_api_refused_connections_total", "Connections turned away, or that could not be accepted.",
                {}, number(c.refusals));
    out.counter("pipebench_api_connections_total", "Connections that were accepted.", {}, number(c.connections));
    out.gauge("pipebench_api_open_connections", "Connections now.", {}, number(api.open_connections));
    out.gauge("pipebench_api_concurrent_requests", "Requests read and not yet answered.", {}, number(api.concurrent));
    out.gauge("pipebench_api_peak_connections", "The most connections at once.", {}, number(c.peak_connections));
    out.gauge("pipebench_api_peak_concurrent_requests", "The most requests at once.", {}, number(c.peak_concurrent));
    out.gauge("pipebench_api_latency_seconds", "The latency that is simulated, on average.", {}, api.latency_s);
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    out.counter("pipebench_cpu_seconds_total", "User and system time of this server.", {{"service", "mock-api"}},
                cpu_seconds(used));
    add_box(out);
    return out.text();
}

}  // namespace pipebench
