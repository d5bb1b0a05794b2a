// For spreadsheets and data frames: RFC 4180, one line per run, the same columns in every file, numbers at full
// precision, units in the names. A field is empty where the fact is not known.
#include "report/formats.hpp"
#include "report/session_tables.hpp"

#include <limits>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

struct named_field {
    const char* name;
    std::string value;
};

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
}
std::string field(std::uint64_t n) { return std::to_string(n); }
std::string field(bool yes) { return yes ? "true" : "false"; }
std::string field(double n) { return std::isfinite(n) ? fmt::format("{}", n) : std::string{}; }

std::string api_field(const api_view& api, std::uint64_t n) { return api.known ? field(n) : std::string{}; }

const service_usage* find_service(const run_result& r, std::string_view name) {
    const auto named = [&](const service_usage& s) { return s.name == name; };
    const auto at = std::find_if(r.services.begin(), r.services.end(), named);
    return at == r.services.end() ? nullptr : &*at;
}
std::string service_cpu(const run_result& r, std::string_view name) {
    const auto* s = find_service(r, name);
    return s == nullptr ? std::string{} : field(s->cpu_s);
}
std::string service_pss(const run_result& r, std::string_view name) {
    const auto* s = find_service(r, name);
    return s == nullptr ? std::string{} : field(s->peak_pss_bytes);
}

std::string failures_field(const run_result& r) {
    std::string out;
    for (const auto& f : r.failures)
        out += fmt::format("{}{}/{}={}", out.empty() ? "" : ";", f.stage, f.kind, f.orders);
    return field(out);
}

/// A line of the file. The header is the names in the line of a run that never was.
std::vector<named_field> fields(const session_result& s, const run_result& r) {
    const bool killed = !r.recovery.killed.empty();
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    return {
        {"started_at", field(s.started_at)},
        {"profile", field(s.profile)},
        {"pipebench_version", field(s.build.version)},
        {"build_type", field(s.build.type)},
        {"sanitizers", field(s.build.sanitizers)},
        {"cores", field(s.box.cores)},
        {"box_memory_bytes", field(s.box.memory_bytes)},
        {"load_1min", field(s.box.load_1min)},
        {"pattern", field(r.pattern)},
        {"scenario", field(r.scenario)},
        {"round", field(r.round)},
        {"position", field(r.position)},
        {"in_flight_limit", field(r.in_flight_limit)},
        {"time_s", field(r.time_s)},
        {"floor_s", field(r.floor_s)},
        {"efficiency", field(r.efficiency)},
        {"orders_per_s", field(r.orders_per_s)},
        {"orders", field(r.orders)},
        {"stored", field(r.stored)},
        {"failed", field(r.failed)},
        {"dead_lettered", field(r.dead_lettered)},
        {"not_started", field(r.not_started)},
        {"repeated", field(r.repeated)},
        {"http_attempts", field(r.http_attempts)},
        {"store_attempts", field(r.store_attempts)},
        {"retries", field(r.retries)},
        {"refused_retries", field(r.refused_retries)},
        {"failures", failures_field(r)},
        {"latency_mean_ms", field(r.latency.mean_ms)},
        {"latency_p50_ms", field(r.latency.p50_ms)},
        {"latency_p90_ms", field(r.latency.p90_ms)},
        {"latency_p99_ms", field(r.latency.p99_ms)},
        {"latency_p999_ms", field(r.latency.p999_ms)},
        {"latency_max_ms", field(r.latency.max_ms)},
        {"peak_rss_bytes", field(r.memory.peak_rss_bytes)},
        {"peak_pss_bytes", field(r.memory.peak_pss_bytes)},
        {"hwm_sum_bytes", field(r.memory.hwm_sum_bytes)},
        {"processes", field(r.memory.processes)},
        {"rss_samples", field(r.memory.rss_samples)},
        {"pss_samples", field(r.memory.pss_samples)},
        {"sampling_interval_ms", field(r.memory.interval_ms)},
        {"sampling_largest_gap_ms", field(r.memory.largest_gap_ms)},
        {"cpu_user_s", field(r.cpu.user_s)},
        {"cpu_system_s", field(r.cpu.system_s)},
        {"cpu_box_share", field(r.cpu.box_share)},
        {"cpu_per_order_us", field(r.cpu_per_order_us)},
        {"harness_cpu_s", field(r.harness_cpu_s)},
        {"steal_share", field(r.steal_share)},
        {"foreign_share", field(r.foreign_share)},
        {"in_flight_mean", field(r.in_flight.mean)},
        {"mock_api_cpu_s", service_cpu(r, "mock-api")},
        {"mock_api_peak_pss_bytes", service_pss(r, "mock-api")},
        {"postgres_cpu_s", service_cpu(r, "postgres")},
        {"postgres_peak_pss_bytes", service_pss(r, "postgres")},
        {"redis_cpu_s", service_cpu(r, "redis")},
        {"redis_peak_pss_bytes", service_pss(r, "redis")},
        {"api_requests", api_field(r.api, r.api.requests)},
        {"api_responses", api_field(r.api, r.api.responses)},
        {"api_refusals", api_field(r.api, r.api.refusals)},
        {"api_throttled", api_field(r.api, r.api.throttled)},
        {"api_faults", api_field(r.api, r.api.faults)},
        {"api_early", api_field(r.api, r.api.early)},
        {"api_connections", api_field(r.api, r.api.connections)},
        {"api_peak_connections", api_field(r.api, r.api.peak_connections)},
        {"api_peak_concurrent", api_field(r.api, r.api.peak_concurrent)},
        {"ledger_rows", field(r.ledger.rows)},
        {"ledger_lost", field(r.ledger.lost)},
        {"ledger_corrupt", field(r.ledger.corrupt)},
        {"ledger_unexpected", field(r.ledger.unexpected)},
        {"ledger_recovered", field(r.ledger.recovered)},
        {"ledger_redelivered", field(r.ledger.redelivered)},
        {"ledger_content_checked", field(r.ledger.content_checked)},
        {"killed", field(r.recovery.killed)},
        {"resumed_s", field(killed ? r.recovery.resumed_s : unknown)},
        {"drained_s", field(killed ? r.recovery.drained_s : unknown)},
        {"api_calls_again", field(killed ? r.recovery.api_calls_again : unknown)},
        {"interrupted", field(r.interrupted)},
        {"trusted", field(r.verdict.trusted)},
        {"verdict", field(r.verdict.text)},
    };
}

/// RFC 4180 ends lines with CR LF.
void put_line(std::string& out, const std::vector<named_field>& line, auto text_of) {
    for (const auto& f : line) out.append(&f == line.data() ? "" : ",").append(text_of(f));
    out += "\r\n";
}

}  // namespace

std::string render_csv(const session_result& raw, colours) {
    const session_result s = printable_copy(raw);
    std::string out;
    put_line(out, fields(s, run_result{}), [](const named_field& f) { return f.name; });
    for (const auto& r : s.runs) put_line(out, fields(s, r), [](const named_field& f) { return f.value; });
    return out;
}

}  // namespace pipebench::reporting
