// The result of the reference experiment on a small machine: five runs with consistent numbers. The tests of
// reporters, of saved results and of `report` use it.
#pragma once

#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <string>
#include <utility>

namespace pipebench::test {

struct sample_numbers {
    std::string pattern, title;
    std::uint64_t in_flight;
    double time_s, p50_ms, p99_ms, cpu_s;
    double rss_mb, pss_mb;
    std::uint64_t processes, api_connections;
};

inline memory_usage sample_memory(const sample_numbers& n) {
    memory_usage m;
    m.peak_rss_bytes = static_cast<std::uint64_t>(n.rss_mb * 1e6);
    m.peak_pss_bytes = static_cast<std::uint64_t>(n.pss_mb * 1e6);
    m.hwm_sum_bytes = *m.peak_rss_bytes + 262'144;
    m.processes = n.processes;
    m.rss_samples = static_cast<std::uint64_t>(n.time_s * 50);
    m.pss_samples = static_cast<std::uint64_t>(n.time_s * 10);
    m.interval_ms = 20;
    m.largest_gap_ms = 23.7 + n.rss_mb / 10;
    return m;
}

inline yardstick_view sample_yardstick() {
    return {1,
            {{"loop", 8'100.5, 8'133.25},
             {"calls", 1.25, 1.26},
             {"memory", 410.5, 412},
             {"messages", 22.5, 29.5},
             {"statements", 17, 34.5}}};
}

inline run_result sample_run(const sample_numbers& n) {
    constexpr std::uint64_t orders = 10'000;
    constexpr double cores = 2;
    run_result r;
    r.pattern = n.pattern;
    r.title = n.title;
    r.in_flight_limit = n.in_flight;
    r.time_s = n.time_s;
    r.floor_s = static_cast<double>(orders) * 0.2 / static_cast<double>(n.in_flight);
    r.efficiency = r.floor_s / r.time_s;
    r.orders_per_s = static_cast<double>(orders) / n.time_s;
    r.orders = r.stored = r.http_attempts = r.store_attempts = orders;
    r.latency = {n.p50_ms * 1.01, n.p50_ms, n.p50_ms * 1.02, n.p99_ms, n.p99_ms * 1.1, n.p99_ms * 1.3};
    r.memory = sample_memory(n);
    r.cpu = {n.cpu_s * 0.6, n.cpu_s * 0.4, n.cpu_s / (n.time_s * cores)};
    r.cpu_per_order_us = n.cpu_s * 1e6 / static_cast<double>(orders);
    r.yardstick = sample_yardstick();
    r.harness_cpu_s = n.time_s * 0.004;
    r.services = {
        {service::mock_api, 0.74, 9'437'184}, {service::postgres, 1.92, 48'234'496}, {service::redis, 0, 5'242'880}};
    r.api = {true, 2, orders, orders, 0, 0, 0, 0, n.api_connections, n.api_connections, n.in_flight};
    r.ledger.rows = orders;
    r.ledger.content_checked = true;
    r.verdict = {verdict_kind::ok, "ok"};
    return r;
}

inline session_result sample_session() {
    session_result s;
    s.started_at = "2025-11-03T10:15:30Z";
    s.command = "pipebench --pattern all -n 10000";
    s.profile = "equal";
    to_json(s.parameters, workload{});
    s.build = {"0.1.0", "Release", "g++ 12.2.0", ""};
    s.box = {"Debian GNU/Linux 12 (bookworm)",
             "6.1.0-28-amd64",
             "Intel(R) Xeon(R) Processor",
             "",
             "kvm",
             2,
             25'276'440'576,
             1'048'576,
             0.31};
    s.servers = {{"postgres", "15.14", "throwaway",
                  "fsync=off full_page_writes=off synchronous_commit=on max_connections=120"},
                 {"redis", "7.0.15", "throwaway", "no persistence, noeviction"},
                 {"mock-api", "0.1.0", "throwaway", "one process, loopback"}};
    s.runs = {
        sample_run({"fan-out", "Unbounded async", 10'000, 1.84, 1204.2, 1731.9, 1.71, 96.3, 91.8, 1, 10'000}),
        sample_run({"semaphore", "Bounded async", 100, 20.23, 201.4, 208.8, 1.62, 14.9, 11.2, 1, 100}),
        sample_run({"process-pool", "Blocking processes", 100, 20.41, 202.9, 219.3, 4.35, 1284.6, 412.7, 101, 100}),
        sample_run({"thread-pool", "Blocking threads", 100, 20.31, 202.1, 212.4, 2.95, 31.6, 27.9, 1, 100}),
        sample_run({"redis-streams", "Redis Streams", 100, 20.64, 203.3, 231.0, 2.48, 58.1, 33.4, 5, 100})};
    s.runs.back().services[2].cpu_s = 0.41;
    s.runs.back().notes = {"4 worker processes, 25 orders in flight in each"};
    s.session_s = 87.9;
    return s;
}

/// The same with three rounds and two assertions. The second round has the numbers of sample_session().
inline session_result session_of_rounds() {
    session_result s = sample_session();
    const auto runs = std::exchange(s.runs, {});
    s.rounds = 3;
    for (std::uint64_t round = 1; round <= s.rounds; ++round)
        for (auto run : runs) {
            run.round = round;
            run.position = 1 + s.runs.size() % runs.size();
            run.time_s *= 0.98 + 0.01 * static_cast<double>(round);
            s.runs.push_back(run);
        }
    s.warmup_runs = {runs[1]};
    s.warmup_runs[0].time_s *= 2;
    s.assertions = {{"all.lost == 0", true, "5 patterns"},
                    {"fan_out.rss_mb < 10", false, "fan_out.rss_mb = 96.3 MB"}};
    return s;
}

/// A session with many problems: failures, an invalid row, an interrupted run, warnings.
inline session_result troubled_session() {
    session_result s = sample_session();
    run_result& cut = s.runs[3];
    cut.interrupted = s.interrupted = true;
    cut.stored = cut.store_attempts = 4'199;
    cut.http_attempts = 4'203;
    cut.failed = 1;
    cut.not_started = 5'800;
    cut.ledger.rows = 4'199;
    cut.failures = {{stage::fetch, error_kind::timeout, 1}};
    cut.verdict = {verdict_kind::interrupted, "interrupted: partial"};
    run_result& bad = s.runs[2];
    bad.stored = 9'990;
    bad.failed = 10;
    bad.http_attempts = 10'057;
    bad.ledger.rows = 9'987;
    bad.ledger.lost = 3;
    bad.ledger.redelivered = 2;
    bad.failures = {{stage::fetch, error_kind::reset, 7}, {stage::store, error_kind::database, 3}};
    bad.verdict = {verdict_kind::invalid_ledger,
                   "INVALID: 3 orders were reported stored and are not in the database"};
    s.runs.pop_back();
    s.build.type = "Debug";
    s.build.sanitizers = "address,undefined";
    s.warnings = {"the load of the box was 3.2 on 2 cores before the first run: something else was running"};
    return s;
}

/// Hostile text: escapes, separators of every format, bytes that are not UTF-8, and great length.
inline session_result hostile_session() {
    session_result s = sample_session();
    const std::string escapes = "\x1b[2J\x1b]0;owned\x07 \xc2\x9b\x31m \xe2\x80\xae|`,\"\n";
    s.warnings = {escapes,
                  "a|b `code` <script>alert(1)</script>\r\n| forged | row |",
                  "=cmd()|\"quoted\", comma",
                  "\xff\xfe no UTF-8 \xc3",
                  std::string(100'000, 'x'),
                  std::string(399, 'x') + "\xc3\xa9",
                  std::string("nul\0here", 8)};
    s.command = s.profile = s.warnings[1];
    s.started_at = escapes;
    s.parameters["http_latency"] = escapes;
    s.build = {escapes, escapes, escapes, escapes};
    s.box = {escapes, escapes, escapes, escapes, escapes, 2, 1, 1, 0.5};
    s.servers[0] = {escapes, escapes, escapes, escapes};
    s.assertions = {{s.warnings[1] + escapes, false, escapes}};
    for (auto& run : s.runs) {
        run.notes = s.warnings;
        run.pattern += escapes;
        run.verdict = {verdict_kind::not_judged, s.warnings[1] + escapes};
        run.failures = {{stage::store, error_kind::database, 1}};
    }
    return s;
}

}  // namespace pipebench::test
