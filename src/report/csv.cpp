// For spreadsheets and data frames: RFC 4180, one line per run, the same columns in every file, numbers at full
// precision, units in the names. The field of an unknown fact is empty.
#include "report/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace pipebench::reporting {
namespace {

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
}
std::string field(std::uint64_t n) { return std::to_string(n); }
std::string field(const known_bytes& bytes) { return bytes ? field(*bytes) : std::string{}; }
std::string field(bool yes) { return yes ? "true" : "false"; }
std::string field(double n) { return std::isfinite(n) ? fmt::format("{}", n) : std::string{}; }

// Makers of columns for a member of the session, of the run, or of a part of it.

using cell = std::string (*)(const session_result&, const run_result&);

template <class Whole, class Member>
const auto& part_of(const Whole& whole, Member member) {
    return whole.*member;
}
template <class Whole, class Part, class Member>
const auto& part_of(const Whole& whole, Part part, Member member) {
    return whole.*part.*member;
}

template <auto... members>
std::string of_session(const session_result& s, const run_result&) {
    return field(part_of(s, members...));
}

template <auto... members>
std::string of_run(const session_result&, const run_result& r) {
    return field(part_of(r, members...));
}

template <auto member>
std::string of_api(const session_result&, const run_result& r) {
    return r.api.known ? field(r.api.*member) : std::string{};
}

template <auto member>
std::string of_ledger(const session_result&, const run_result& r) {
    return r.ledger.checked ? field(r.ledger.*member) : std::string{};
}

template <service name, auto member>
std::string of_service(const session_result&, const run_result& r) {
    const auto named = [](const service_usage& s) { return s.name == name; };
    const auto at = std::find_if(r.services.begin(), r.services.end(), named);
    return at == r.services.end() ? std::string{} : field((*at).*member);
}

template <auto member>
std::string of_kill(const session_result&, const run_result& r) {
    return r.recovery.killed == kill_target::none ? std::string{} : field(r.recovery.*member);
}

std::string killed(const session_result&, const run_result& r) { return std::string(name_of(r.recovery.killed)); }
std::string trusted(const session_result&, const run_result& r) { return field(r.verdict.trusted()); }

std::string tags(const session_result& s, const run_result&) {
    std::string out;
    for (const auto& t : s.tags) out += fmt::format("{}{}={}", out.empty() ? "" : ";", t.key, t.value);
    return field(out);
}

std::string failures(const session_result&, const run_result& r) {
    std::string out;
    for (const auto& f : r.failures)
        out += fmt::format("{}{}/{}={}", out.empty() ? "" : ";", name_of(f.stage), name_of(f.kind), f.orders);
    return field(out);
}

struct csv_column {
    const char* name;
    cell of;
};

constexpr std::array columns{
    csv_column{"started_at", of_session<&session_result::started_at>},
    csv_column{"profile", of_session<&session_result::profile>},
    csv_column{"pipebench_version", of_session<&session_result::build, &build_info::version>},
    csv_column{"build_type", of_session<&session_result::build, &build_info::type>},
    csv_column{"sanitizers", of_session<&session_result::build, &build_info::sanitizers>},
    csv_column{"cores", of_session<&session_result::box, &box_info::cores>},
    csv_column{"box_memory_bytes", of_session<&session_result::box, &box_info::memory_bytes>},
    csv_column{"load_1min", of_session<&session_result::box, &box_info::load_1min>},
    csv_column{"pattern", of_run<&run_result::pattern>},
    csv_column{"scenario", of_run<&run_result::scenario>},
    csv_column{"round", of_run<&run_result::round>},
    csv_column{"position", of_run<&run_result::position>},
    csv_column{"in_flight_limit", of_run<&run_result::in_flight_limit>},
    csv_column{"time_s", of_run<&run_result::time_s>},
    csv_column{"floor_s", of_run<&run_result::floor_s>},
    csv_column{"efficiency", of_run<&run_result::efficiency>},
    csv_column{"orders_per_s", of_run<&run_result::orders_per_s>},
    csv_column{"orders", of_run<&run_result::orders>},
    csv_column{"stored", of_run<&run_result::stored>},
    csv_column{"failed", of_run<&run_result::failed>},
    csv_column{"dead_lettered", of_run<&run_result::dead_lettered>},
    csv_column{"not_started", of_run<&run_result::not_started>},
    csv_column{"repeated", of_run<&run_result::repeated>},
    csv_column{"http_attempts", of_run<&run_result::http_attempts>},
    csv_column{"store_attempts", of_run<&run_result::store_attempts>},
    csv_column{"retries", of_run<&run_result::retries>},
    csv_column{"refused_retries", of_run<&run_result::refused_retries>},
    csv_column{"failures", failures},
    csv_column{"latency_mean_ms", of_run<&run_result::latency, &latency_summary::mean_ms>},
    csv_column{"latency_p50_ms", of_run<&run_result::latency, &latency_summary::p50_ms>},
    csv_column{"latency_p90_ms", of_run<&run_result::latency, &latency_summary::p90_ms>},
    csv_column{"latency_p99_ms", of_run<&run_result::latency, &latency_summary::p99_ms>},
    csv_column{"latency_p999_ms", of_run<&run_result::latency, &latency_summary::p999_ms>},
    csv_column{"latency_max_ms", of_run<&run_result::latency, &latency_summary::max_ms>},
    csv_column{"peak_rss_bytes", of_run<&run_result::memory, &memory_usage::peak_rss_bytes>},
    csv_column{"peak_pss_bytes", of_run<&run_result::memory, &memory_usage::peak_pss_bytes>},
    csv_column{"hwm_sum_bytes", of_run<&run_result::memory, &memory_usage::hwm_sum_bytes>},
    csv_column{"processes", of_run<&run_result::memory, &memory_usage::processes>},
    csv_column{"rss_samples", of_run<&run_result::memory, &memory_usage::rss_samples>},
    csv_column{"pss_samples", of_run<&run_result::memory, &memory_usage::pss_samples>},
    csv_column{"sampling_interval_ms", of_run<&run_result::memory, &memory_usage::interval_ms>},
    csv_column{"sampling_largest_gap_ms", of_run<&run_result::memory, &memory_usage::largest_gap_ms>},
    csv_column{"cpu_user_s", of_run<&run_result::cpu, &cpu_usage::user_s>},
    csv_column{"cpu_system_s", of_run<&run_result::cpu, &cpu_usage::system_s>},
    csv_column{"cpu_box_share", of_run<&run_result::cpu, &cpu_usage::box_share>},
    csv_column{"cpu_per_order_us", of_run<&run_result::cpu_per_order_us>},
    csv_column{"harness_cpu_s", of_run<&run_result::harness_cpu_s>},
    csv_column{"steal_share", of_run<&run_result::steal_share>},
    csv_column{"throttled_share", of_run<&run_result::throttled_share>},
    csv_column{"foreign_share", of_run<&run_result::foreign_share>},
    csv_column{"in_flight_mean", of_run<&run_result::in_flight, &flight_view::mean>},
    csv_column{"mock_api_cpu_s", of_service<service::mock_api, &service_usage::cpu_s>},
    csv_column{"mock_api_peak_pss_bytes", of_service<service::mock_api, &service_usage::peak_pss_bytes>},
    csv_column{"postgres_cpu_s", of_service<service::postgres, &service_usage::cpu_s>},
    csv_column{"postgres_peak_pss_bytes", of_service<service::postgres, &service_usage::peak_pss_bytes>},
    csv_column{"redis_cpu_s", of_service<service::redis, &service_usage::cpu_s>},
    csv_column{"redis_peak_pss_bytes", of_service<service::redis, &service_usage::peak_pss_bytes>},
    csv_column{"api_requests", of_api<&api_view::requests>},
    csv_column{"api_responses", of_api<&api_view::responses>},
    csv_column{"api_refusals", of_api<&api_view::refusals>},
    csv_column{"api_throttled", of_api<&api_view::throttled>},
    csv_column{"api_faults", of_api<&api_view::faults>},
    csv_column{"api_early", of_api<&api_view::early>},
    csv_column{"api_connections", of_api<&api_view::connections>},
    csv_column{"api_peak_connections", of_api<&api_view::peak_connections>},
    csv_column{"api_peak_concurrent", of_api<&api_view::peak_concurrent>},
    csv_column{"ledger_rows", of_ledger<&ledger_view::rows>},
    csv_column{"ledger_lost", of_ledger<&ledger_view::lost>},
    csv_column{"ledger_corrupt", of_ledger<&ledger_view::corrupt>},
    csv_column{"ledger_unexpected", of_ledger<&ledger_view::unexpected>},
    csv_column{"ledger_recovered", of_ledger<&ledger_view::recovered>},
    csv_column{"ledger_redelivered", of_ledger<&ledger_view::redelivered>},
    csv_column{"ledger_content_checked", of_ledger<&ledger_view::content_checked>},
    csv_column{"killed", killed},
    csv_column{"resumed_s", of_kill<&recovery_view::resumed_s>},
    csv_column{"drained_s", of_kill<&recovery_view::drained_s>},
    csv_column{"api_calls_again", of_kill<&recovery_view::api_calls_again>},
    csv_column{"interrupted", of_run<&run_result::interrupted>},
    csv_column{"trusted", trusted},
    csv_column{"verdict", of_run<&run_result::verdict, &verdict::text>},
    csv_column{"name", of_session<&session_result::name>},
    csv_column{"tags", tags}};

/// RFC 4180 ends lines with CR LF.
void put_line(std::string& out, auto text_of) {
    for (const auto& c : columns) out.append(&c == columns.data() ? "" : ",").append(text_of(c));
    out += "\r\n";
}

}  // namespace

std::string render_csv(const report_model& m, const look&) {
    const auto& s = m.shown;
    std::string out;
    put_line(out, [](const csv_column& c) { return c.name; });
    for (const auto& r : s.runs) put_line(out, [&](const csv_column& c) { return c.of(s, r); });
    return out;
}

}  // namespace pipebench::reporting
