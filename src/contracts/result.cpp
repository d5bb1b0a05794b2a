#include "pipebench/result.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <set>

namespace pipebench {

namespace {

constexpr int max_depth = 16;
// No session of ours has more; a file can say anything, and some of what is done with it grows with the square.
constexpr std::size_t most_runs = 10'000;    // and as many warm-up runs
constexpr std::size_t most_entries = 1'000;  // of any other list
constexpr std::size_t most_patterns = 100;

template <class Element>
constexpr std::size_t most_of = most_entries;
template <>
constexpr std::size_t most_of<run_result> = most_runs;
template <>
constexpr std::size_t most_of<double> = max_series_points;

using json = nlohmann::json;

[[noreturn]] void refuse(std::string_view key, std::string_view fault) {
    throw setup_error(fmt::format("not a pipebench result: \"{}\" {}", key, fault));
}

void require_at_most(std::size_t limit, std::size_t size, std::string_view key, std::string_view what) {
    if (size > limit) refuse(key, fmt::format("has more than {} {}", fmt::group_digits(limit), what));
}

// Stricter than the library, which wraps negative numbers, cuts fractions and takes true for 1.
void read_value(const json& in, const char* key, std::uint64_t& out) {
    if (!in.is_number_unsigned()) refuse(key, "is not a whole number from 0 on");
    out = in.get<std::uint64_t>();
}
void read_value(const json& in, const char* key, double& out) {
    if (!in.is_number() && !in.is_null()) refuse(key, "is not a number");
    out = in.is_null() ? std::numeric_limits<double>::quiet_NaN() : in.get<double>();  // JSON writes NaN as null
    if (out < 0) refuse(key, "is negative");
}
void read_value(const json& in, const char* key, bool& out) {
    if (!in.is_boolean()) refuse(key, "is neither true nor false");
    out = in.get<bool>();
}
void read_value(const json& in, const char* key, std::string& out) {
    if (!in.is_string()) refuse(key, "is not a text");
    out = in.get<std::string>();
}
/// The parameters: whatever this version or a later one has, or nothing.
void read_value(const json& in, const char* key, json& out) {
    if (!in.is_object() && !in.is_null()) refuse(key, "is not an object");
    out = in;
}
template <class Element>
void read_value(const json& in, const char* key, std::vector<Element>& out) {
    if (!in.is_array()) refuse(key, "is not a list");
    require_at_most(most_of<Element>, in.size(), key, "entries");
    for (const auto& element : in) read_value(element, key, out.emplace_back());
}

/// Fields that the first results of this schema did not have.
constexpr std::array<std::string_view, 21> later_fields{
    "round",       "position",        "foreign_share", "in_flight",     "threads",
    "rounds",      "warmup_runs",     "assertions",    "scenario",      "dead_lettered",
    "retries",     "refused_retries", "series",        "recovery",      "throttled",
    "faults",      "early",           "chaos",         "target_time_s", "memory_budget_bytes",
    "cpu_sections"};
bool added_later(std::string_view key) {
    return std::find(later_fields.begin(), later_fields.end(), key) != later_fields.end();
}

/// A measure that is missing is not known; anything else has its default.
void leave_out(double& out) { out = std::numeric_limits<double>::quiet_NaN(); }
template <class Field>
void leave_out(Field&) {}

/// Fields that this version does not know are ignored.
template <class Field>
void read(const json& in, const char* key, Field& out) {
    const auto at = in.find(key);
    if (at != in.end()) return read_value(*at, key, out);
    if (!added_later(key)) refuse(key, "is missing");
    leave_out(out);
}

void require_few_patterns(const std::vector<run_result>& runs, std::string_view key) {
    std::set<std::string_view> names;
    for (const auto& run : runs) names.insert(run.pattern);
    require_at_most(most_patterns, names.size(), key, "different patterns");
}

}  // namespace

// Fields keep their order in the file: readers are people, too.
#define PIPEBENCH_READ(field) read(in, #field, out.field);
#define PIPEBENCH_FIELDS(Type, ...)                                              \
    template <class Json>                                                        \
    void to_json(Json& nlohmann_json_j, const Type& nlohmann_json_t) {           \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_TO, __VA_ARGS__)) \
    }                                                                            \
    static void read_value(const json& in, const char* key, Type& out) {         \
        if (!in.is_object()) refuse(key, "is not an object");                    \
        NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(PIPEBENCH_READ, __VA_ARGS__))   \
    }

PIPEBENCH_FIELDS(latency_summary, mean_ms, p50_ms, p90_ms, p99_ms, p999_ms, max_ms)
PIPEBENCH_FIELDS(failure_count, stage, kind, orders)
PIPEBENCH_FIELDS(memory_usage, peak_rss_bytes, peak_pss_bytes, hwm_sum_bytes, processes, rss_samples, pss_samples,
                 interval_ms, largest_gap_ms)
PIPEBENCH_FIELDS(cpu_usage, user_s, system_s, box_share)
PIPEBENCH_FIELDS(cpu_split, samples, fetch_us, transform_us, store_us, scheduling_us)
PIPEBENCH_FIELDS(service_usage, name, cpu_s, peak_pss_bytes)
PIPEBENCH_FIELDS(api_view, known, threads, requests, responses, refusals, throttled, faults, early, connections,
                 peak_connections, peak_concurrent)
PIPEBENCH_FIELDS(ledger_view, rows, lost, corrupt, unexpected, recovered, redelivered, content_checked)
PIPEBENCH_FIELDS(verdict, trusted, text)
PIPEBENCH_FIELDS(flight_view, samples, mean)
PIPEBENCH_FIELDS(series_view, interval_ms, t_s, in_flight, queued, lag, pending, completed, failed, rss_mb)
PIPEBENCH_FIELDS(recovery_view, killed, at_s, resumed_s, drained_s, runs, api_calls_again)
PIPEBENCH_FIELDS(assertion_outcome, text, held, detail)
PIPEBENCH_FIELDS(run_result, pattern, title, scenario, round, position, in_flight_limit, time_s, floor_s, efficiency,
                 orders_per_s, orders, stored, failed, dead_lettered, not_started, repeated, http_attempts,
                 store_attempts, retries, refused_retries, failures, latency, memory, cpu, cpu_per_order_us,
                 cpu_sections, harness_cpu_s, steal_share, foreign_share, in_flight, series, recovery, services, api,
                 ledger, interrupted, verdict, notes)
PIPEBENCH_FIELDS(box_info, host_os, kernel, cpu_model, governor, virtualization, cores, memory_bytes,
                 descriptor_limit, load_1min)
PIPEBENCH_FIELDS(build_info, version, type, compiler, sanitizers)
PIPEBENCH_FIELDS(server_info, name, version, origin, settings)

PIPEBENCH_FIELDS(session_result, schema, started_at, command, profile, parameters, build, box, servers, chaos,
                 target_time_s, memory_budget_bytes, rounds, warmup_runs, runs, assertions, warnings, interrupted,
                 session_s)

void to_json(nlohmann::ordered_json& out, const session_result& r) { to_json<nlohmann::ordered_json>(out, r); }

bool is_debug(const build_info& b) {
    constexpr std::string_view debug = "debug";
    const auto alike = [](char a, char lower) { return std::tolower(static_cast<unsigned char>(a)) == lower; };
    return std::equal(b.type.begin(), b.type.end(), debug.begin(), debug.end(), alike);
}

session_result parse_result(std::string_view json_text) try {
    const auto shallow = [](int depth, json::parse_event_t, json&) {
        if (depth > max_depth) throw setup_error("not a pipebench result: nested too deeply");
        return true;
    };
    const auto in = json::parse(json_text, shallow);
    if (!in.is_object() || !in.contains("schema")) throw setup_error("not a pipebench result: it has no \"schema\"");
    session_result r;
    read(in, "schema", r.schema);
    if (r.schema != result_schema)
        throw setup_error(fmt::format("a result of schema '{}'; this pipebench reads '{}'", printable(r.schema, 60),
                                      result_schema));
    read_value(in, "result", r);
    require_few_patterns(r.runs, "runs");
    require_few_patterns(r.warmup_runs, "warmup_runs");
    return r;
} catch (const json::exception& e) {
    throw setup_error(fmt::format("not a pipebench result: {}", printable(e.what(), 160)));
}

}  // namespace pipebench
