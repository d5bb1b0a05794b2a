// The result of a session: plain values, with the unit in every name. A saved result is this as JSON
// ("pipebench.result/1", docs/result.schema.json), and every reporter is a pure function of it.
#pragma once

#include "pipebench/event.hpp"
#include "pipebench/outcome.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr std::string_view result_schema = "pipebench.result/1";

struct latency_summary {  ///< NaN: no order has one
    double mean_ms = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
    bool operator==(const latency_summary&) const = default;
};

/// A distribution of latencies: counts of the bins that are not empty. Every bin is 1 % wider than the one before, the
/// first ends at 1 us (contracts/latency_bin.hpp).
struct latency_distribution {
    std::vector<std::uint64_t> bins, counts;  ///< of the same length; bins ascend
    bool operator==(const latency_distribution&) const = default;
};

/// Whether an objective was reached, by an exact test on the number of late orders (analysis/objective.hpp).
enum class objective_verdict : std::uint8_t { met, not_met, cannot_tell };
inline constexpr std::size_t objective_verdict_count = 3;
[[nodiscard]] std::string_view name_of(objective_verdict v) noexcept;  ///< "met", "not met", "cannot tell"

struct objective_outcome {
    std::string text;  ///< "p99<500ms"
    double quantile = 0, limit_ms = 0;
    std::uint64_t orders = 0;  ///< that arrived after the warm-up
    std::uint64_t late = 0;    ///< not stored, or later than the limit
    std::uint64_t needed = 0;  ///< least number of orders with which it can be met
    objective_verdict verdict = objective_verdict::cannot_tell;
    bool operator==(const objective_outcome&) const = default;
};

/// What was expected of an open run before it, by the formulas of queueing theory (analysis/queueing.hpp). NaN: there is
/// no such value, or it does not follow from what is known.
struct load_forecast {
    double erlang = 0;           ///< offered load: orders in flight on average, if none waits
    double utilisation = 0;      ///< of the orders that may be in flight; from 1 on, the queue grows without end
    double wait_p99_ms = 0;      ///< upper bound for constant service times (Erlang C)
    double response_p99_ms = 0;  ///< the same, with the service
    double queue_at_end = 0;     ///< orders that wait when the last one arrives, if it cannot be stable
    bool operator==(const load_forecast&) const = default;
};

/// What is known of an open run alone. Its window lasts from the end of the warm-up to that of the load; rates, waits,
/// responses and objectives are of the orders that arrived in it.
struct load_view {
    double window_s = 0, warm_up_s = 0;
    double drain_s = 0;        ///< from the last arrival to the end of the run
    std::uint64_t orders = 0;  ///< that arrived in the window
    double offered_per_s = 0, achieved_per_s = 0;
    std::uint64_t shed = 0;        ///< turned away at a full queue
    std::uint64_t unfinished = 0;  ///< given up after the drain
    latency_summary wait, service;
    double lateness_p99_ms = 0, lateness_max_ms = 0;  ///< by which orders arrived later than they should have
    double queue_mean = 0, queue_peak = 0;
    double queue_growth_per_s = 0;  ///< over the second half of the window; 0 if it did not grow
    bool saturated = false;
    load_forecast forecast;
    latency_distribution waits, responses;
    std::vector<objective_outcome> objectives;
    bool operator==(const load_view&) const = default;
};

struct failure_count {
    pipebench::stage stage = pipebench::stage::fetch;
    error_kind kind = error_kind::none;
    std::uint64_t orders = 0;
    std::string reason{};  ///< the first one of this kind: "answered 404"; empty: not known
    bool operator==(const failure_count&) const = default;
};

/// Bytes of memory. Empty: not known, because the kernel did not tell, or nobody asked in time.
using known_bytes = std::optional<std::uint64_t>;

struct memory_usage {             ///< of the run's process tree; services are apart
    known_bytes peak_rss_bytes;   ///< largest sum of RSS over the tree: shared pages count in each process
    known_bytes peak_pss_bytes;   ///< largest sum of PSS: shared pages count once
    known_bytes hwm_sum_bytes;    ///< sum of VmHWM over all processes seen: an upper bound of the RSS peak
    std::uint64_t processes = 0;  ///< largest number at one time; 0: not known
    std::uint64_t rss_samples = 0, pss_samples = 0;
    double interval_ms = 0, largest_gap_ms = 0;
    bool operator==(const memory_usage&) const = default;
};

struct cpu_usage {
    double user_s = 0, system_s = 0;
    double box_share = 0;  ///< of all cores during the run; 1 if every core was busy
    [[nodiscard]] double total_s() const { return user_s + system_s; }
    bool operator==(const cpu_usage&) const = default;
};

/// The threads or processes that transform the orders of an event loop (--transform-on).
struct transform_pool_view {
    std::uint64_t transforms = 0;
    std::uint64_t held_back = 0;  ///< of them, found the queue of the threads full
    std::uint64_t deaths = 0;     ///< of processes
    latency_summary wait;         ///< until a thread began, with the time in which an order was held back
    bool operator==(const transform_pool_view&) const = default;
};

/// How long one stage took: each attempt counts, also a failed one.
struct stage_time {
    std::uint64_t attempts = 0;
    latency_summary duration;
    latency_distribution durations;
    bool operator==(const stage_time&) const = default;
};

/// Pauses and the simulated database latency are between the stages, and in none (contracts/run_reader.hpp).
struct stage_times {
    stage_time fetch, transform, store;
    bool operator==(const stage_times&) const = default;
};

struct cpu_split {              ///< of the CPU time per order, by samples (--profile-stages)
    std::uint64_t samples = 0;  ///< 0: not asked for
    double fetch_us = 0, transform_us = 0, store_us = 0, scheduling_us = 0;
    bool operator==(const cpu_split&) const = default;
};

/// A server of ours that a run uses.
enum class service : std::uint8_t { mock_api, postgres, redis };
inline constexpr std::size_t service_count = 3;
[[nodiscard]] std::string_view name_of(service s) noexcept;  ///< "mock-api", as in a saved result

struct service_usage {
    service name = service::mock_api;
    double cpu_s = 0;  ///< NaN: not known
    known_bytes peak_pss_bytes;
    bool operator==(const service_usage&) const = default;
};

struct api_view {               ///< counted by the mock API
    bool known = false;         ///< false with --target
    std::uint64_t threads = 0;  ///< serving threads, so the most cores that it can use
    std::uint64_t requests = 0, responses = 0, refusals = 0;
    std::uint64_t throttled = 0;  ///< requests answered with 429
    std::uint64_t faults = 0;     ///< requests that got a fault of the scenario
    std::uint64_t early = 0;      ///< requests that came before the Retry-After of their order had passed
    std::uint64_t connections = 0, peak_connections = 0, peak_concurrent = 0;
    bool operator==(const api_view&) const = default;
};

struct connection_waits {     ///< of orders, for a connection to the database
    std::uint64_t count = 0;  ///< waits of more than 250 ms
    double longest_s = 0;     ///< NaN: not known
    bool operator==(const connection_waits&) const = default;
};

struct ledger_view {      ///< reported orders against rows, read from PostgreSQL after the clock stopped
    bool checked = true;  ///< false if the rows could not be read: then nothing else is known
    std::uint64_t rows = 0;
    std::uint64_t lost = 0;         ///< reported stored, or not reported, and without a row
    std::uint64_t corrupt = 0;      ///< rows whose contents differ from the order
    std::uint64_t unexpected = 0;   ///< rows that belong to no order
    std::uint64_t recovered = 0;    ///< reported failed, but with a row: the answer was lost, not the write
    std::uint64_t redelivered = 0;  ///< deliveries beyond the first
    bool content_checked = false;   ///< against our own generator; false with an API of the user
    [[nodiscard]] bool balanced() const { return checked && lost == 0 && corrupt == 0 && unexpected == 0; }
    bool operator==(const ledger_view&) const = default;
};

/// What to think of a row; analysis/verdict.cpp decides. Up to `failures` its numbers can be used.
enum class verdict_kind : std::uint8_t {
    ok,
    at_floor,   ///< the parameters set the time, not the pattern
    box_full,   ///< all cores were in use
    saturated,  ///< of an open run: more arrived than was done, and the queue grew
    failures,   ///< some orders failed
    not_judged,
    interrupted,
    invalid,                ///< only the text names the reason: read from a result that was saved without kinds
    invalid_ledger,         ///< orders lost, corrupt or unexpected
    invalid_death,          ///< the run could not begin, or it or a server of pipebench's did not end by itself
    invalid_all_failed,     ///< no order was stored
    invalid_below_floor,    ///< faster than any schedule can be
    invalid_sanitizers,     ///< measured with a sanitizer build
    invalid_debug_build,    ///< measured with a debug build
    invalid_littles_law,    ///< throughput, latency and orders in flight contradict each other
    invalid_busy_box,       ///< other programs used the box
    invalid_service_limit,  ///< the mock API or PostgreSQL set the time, not the pattern
    invalid_unchecked,      ///< the ledger could not be read
    invalid_late_arrivals,  ///< orders arrived late because of pipebench, not of the pattern
};
inline constexpr std::size_t verdict_kind_count = 19;
[[nodiscard]] std::string_view name_of(verdict_kind k) noexcept;  ///< "at_floor", as in a saved result

struct verdict {
    verdict_kind kind = verdict_kind::not_judged;
    std::string text;  ///< for people: the reason, with its numbers

    [[nodiscard]] bool trusted() const noexcept { return kind <= verdict_kind::failures; }
    [[nodiscard]] bool is_invalid() const noexcept { return kind >= verdict_kind::invalid; }
    bool operator==(const verdict&) const = default;
};

struct flight_view {            ///< orders begun and not ended, as the session saw them from outside
    std::uint64_t samples = 0;  ///< taken while the clock ran
    double mean = 0;            ///< over time; by Little's law also throughput x mean latency. NaN: not known
    bool operator==(const flight_view&) const = default;
};

/// A time series at 10 Hz; a long one has fewer points (max_series_points). All columns are of the same length.
struct series_view {
    double interval_ms = 0;
    std::vector<double> t_s;  ///< on the run's clock
    std::vector<double> in_flight;
    std::vector<double> queued;   ///< in the pattern's queue: offered and not begun
    std::vector<double> lag;      ///< of the stream: not delivered yet. NaN: not known
    std::vector<double> pending;  ///< of the stream: delivered and not acknowledged. NaN: not known
    std::vector<double> completed, failed, rss_mb;
    bool operator==(const series_view&) const = default;
};
inline constexpr std::size_t max_series_points = 1200;
inline constexpr std::size_t most_run_events = 500;

/// What was killed during a run. `itself`: the run died, and nobody had killed it.
enum class kill_target : std::uint8_t { none, worker, run, redis, postgres, connections, itself, host };
inline constexpr std::size_t kill_target_count = 8;
[[nodiscard]] std::string_view name_of(kill_target t) noexcept;  ///< "worker", as in a saved result; empty for none

/// What was killed during the run, and how long the recovery took. All zero if nothing was killed.
struct recovery_view {
    kill_target killed = kill_target::none;
    double at_s = 0;         ///< on the run's clock
    double resumed_s = 0;    ///< from the kill to the next order that ended for the first time; NaN if none did
    double drained_s = 0;    ///< from the kill to the end of the run
    std::uint64_t runs = 1;  ///< runs started, including the one after a kill
    /// Requests beyond those of each order's first end; NaN: the API's view is not known.
    double api_calls_again = 0;
    bool operator==(const recovery_view&) const = default;
};

/// One piece of fixed work of the yardstick (measure/yardstick.hpp): its time, per unit of the work.
struct yardstick_piece {
    std::string name;
    double cpu_us = 0;      ///< of all processes that took part; NaN: not known
    double elapsed_us = 0;  ///< NaN: not known
    bool operator==(const yardstick_piece&) const = default;
};

/// What the box was worth just before a run.
struct yardstick_view {
    std::uint64_t version = 0;  ///< of the pieces; only those of one version can be compared
    std::vector<yardstick_piece> pieces;
    bool operator==(const yardstick_view&) const = default;
};

/// How a worker elsewhere left a run.
enum class worker_end : std::uint8_t {
    stayed,      ///< to the end of the run
    signed_off,  ///< with nothing in hand
    gave_up,     ///< by itself, and its orders in hand were delivered again
    missing,     ///< killed, or cut off until the end
};
inline constexpr std::size_t worker_end_count = 4;
[[nodiscard]] std::string_view name_of(worker_end e) noexcept;  ///< "signed_off", as in a saved result

/// When a worker elsewhere could not be seen, on the run's clock.
struct worker_gap {
    double from_s = 0, to_s = 0;  ///< to: NaN if it did not come back
    bool operator==(const worker_gap&) const = default;
};

/// A worker that has joined from anywhere (`pipebench worker --join`), in one run. What it says of itself ends with its
/// last card: of one that is missing, orders and CPU time are lower bounds.
struct joined_worker {
    std::string instance;  ///< random, its own for as long as it lives
    std::string host, kernel, version;
    std::uint64_t pid = 0, cores = 0, processes = 0, workers = 0, in_flight_limit = 0;
    double joined_s = 0;  ///< on the run's clock; 0: before it began
    double left_s = 0;    ///< NaN: at its end
    worker_end how = worker_end::stayed;
    std::vector<worker_gap> gaps;
    std::uint64_t ended = 0, in_hand = 0;            ///< orders; in hand when it was last heard of
    std::uint64_t retries = 0, refused_retries = 0;  ///< as in run_result
    double cpu_user_s = 0, cpu_system_s = 0;
    known_bytes peak_rss_bytes, peak_pss_bytes;
    double loop_lag_p99_ms = 0;  ///< NaN: not measured
    double clock_apart_s = 0;    ///< between its wall clock and ours, as its last card was read: never used
    bool operator==(const joined_worker&) const = default;
};

struct run_result {
    std::string pattern, title;
    std::string scenario{"clean"};
    std::uint64_t round = 1;     ///< from 1; the runs of a round follow each other
    std::uint64_t position = 1;  ///< within its round, from 1
    std::uint64_t in_flight_limit = 0;
    double time_s = 0, floor_s = 0, efficiency = 0, orders_per_s = 0;
    /// orders = stored + failed + dead_lettered + load.shed + not_started
    std::uint64_t orders = 0, stored = 0, failed = 0, dead_lettered = 0, not_started = 0, repeated = 0;
    std::uint64_t http_attempts = 0, store_attempts = 0;
    std::uint64_t retries = 0;          ///< of HTTP requests
    std::uint64_t refused_retries = 0;  ///< that the retry budget did not allow
    std::vector<failure_count> failures;
    /// Retries included. Of a closed run: of the orders that ended, from begin to end. Of an open run: of all that arrived
    /// after the warm-up, from arrival to end; NaN where that many were not stored.
    latency_summary latency;
    latency_distribution served;        ///< from begin to end
    std::optional<load_view> load;      ///< of an open run
    std::optional<stage_times> stages;  ///< nullopt: not known, as of programs and of workers elsewhere
    memory_usage memory;
    cpu_usage cpu;
    double cpu_per_order_us = 0;
    cpu_split cpu_sections;
    /// How late the timers of the event loops were, which tick every 10 ms; nullopt: not measured (--loop-lag).
    std::optional<latency_summary> loop_lag;
    std::optional<transform_pool_view> transform_pool;  ///< only with such threads
    std::optional<yardstick_view> yardstick;
    double harness_cpu_s = 0;  ///< of pipebench itself during the run: sampling and progress
    double steal_share = 0;    ///< of the box's CPU time, taken by the hypervisor; NaN: not known
    /// Of the time of all cores: processes were ready, and held back because a container's CPU quota was used up. NaN:
    /// not known.
    double throttled_share = 0;
    double foreign_share = 0;  ///< of the box's CPU time, used by other programs; NaN: not known
    flight_view in_flight;
    series_view series;
    recovery_view recovery;
    std::vector<service_usage> services;
    api_view api;
    pipebench::connection_waits connection_waits;
    std::vector<joined_worker> workers;  ///< empty: the run had none elsewhere
    ledger_view ledger;
    bool interrupted = false;
    pipebench::verdict verdict;
    std::vector<std::string> notes;
    /// What happened, as it happened: up to most_run_events, and only kinds that is_kept() names.
    std::vector<event> events;

    [[nodiscard]] std::uint64_t shed() const { return load ? load->shed : 0; }
    /// Of those that ended.
    [[nodiscard]] std::uint64_t not_stored() const { return failed + dead_lettered + shed(); }
    [[nodiscard]] std::uint64_t ended() const { return stored + not_stored(); }
    bool operator==(const run_result&) const = default;
};

/// Limits of the control groups in which pipebench runs: of a container, a service, a batch job.
struct container_limits {
    double cores = 0;                        ///< CPU time per time; NaN: no limit
    known_bytes memory_bytes;                ///< empty: no limit
    std::optional<std::uint64_t> processes;  ///< threads count, too; empty: no limit
    bool operator==(const container_limits&) const = default;
};

/// "at most 0.2 cores, 512 MB, 100 processes"
[[nodiscard]] std::string describe(const container_limits& c);

struct box_info {
    std::string host_os, kernel, cpu_model, governor, virtualization;
    std::uint64_t cores = 0, memory_bytes = 0, descriptor_limit = 0;  ///< cores: that pipebench may run on
    double load_1min = 0;
    std::optional<container_limits> container{};  ///< nullopt: there are none

    /// How much CPU time there is per time: a quota of a container may leave less than the cores have.
    [[nodiscard]] double usable_cores() const {
        const double all = static_cast<double>(cores);
        return container && container->cores < all ? container->cores : all;
    }
    bool operator==(const box_info&) const = default;
};

struct build_info {
    std::string version, type, compiler, sanitizers;
    bool operator==(const build_info&) const = default;
};
/// True if the build type is "Debug", ignoring case: such a build is not for measuring.
[[nodiscard]] bool is_debug(const build_info& b);

struct server_info {
    std::string name, version, origin;  ///< origin: throwaway, or the user's (without secrets)
    std::string settings;               ///< durability and limits, as far as they change the numbers
    bool operator==(const server_info&) const = default;
};

/// An expression of --assert and its result.
struct assertion_outcome {
    std::string text;  ///< as given
    bool held = false;
    std::string detail;  ///< its values: "semaphore.throughput = 31,250"
    bool operator==(const assertion_outcome&) const = default;
};

/// What a user says of a result: --tag KEY=VALUE.
struct result_tag {
    std::string key, value;
    bool operator==(const result_tag&) const = default;
};

struct session_result {
    std::string schema{result_schema};
    std::string name;              ///< --name; or empty
    std::vector<result_tag> tags;  ///< in the order given; no key twice
    std::string started_at;        ///< UTC, ISO 8601
    std::string command;           ///< as typed, without secrets
    std::string profile;
    nlohmann::json parameters;  ///< the workload
    /// Calibration of --transform-cost: rounds of its work (pipeline/transform_work.hpp) that take one microsecond of
    /// CPU. nullopt: there was no such cost.
    std::optional<double> transform_rounds_per_us;
    build_info build;
    box_info box;
    std::vector<server_info> servers;
    std::string chaos;                      ///< as given: "kill-worker@50%"; or empty
    double target_time_s = 0;               ///< longest acceptable run time; 0: not set
    std::uint64_t memory_budget_bytes = 0;  ///< largest acceptable peak RSS; 0: not set
    std::uint64_t rounds = 1;               ///< as given; every pattern runs once in each
    std::vector<run_result> warmup_runs;    ///< measured before `runs`, and never counted
    std::vector<run_result> runs;           ///< in the order in which they ran
    std::vector<assertion_outcome> assertions;
    std::vector<std::string> warnings;
    bool interrupted = false;
    double session_s = 0;  ///< of the whole command, services included
    bool operator==(const session_result&) const = default;
};

void to_json(nlohmann::ordered_json& out, const session_result& r);

/// Throws setup_error, in one line, if the text is not a result of this schema, or is larger than a session can
/// write.
[[nodiscard]] session_result parse_result(std::string_view json_text);

}  // namespace pipebench
