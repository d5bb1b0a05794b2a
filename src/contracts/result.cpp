#include "pipebench/result.hpp"

#include "pipebench/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace pipebench {

namespace {

constexpr int max_depth = 16;

using json = nlohmann::json;

[[noreturn]] void refuse(std::string_view key, std::string_view fault) {
    throw setup_error(fmt::format("not a pipebench result: \"{}\" {}", key, fault));
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
    for (const auto& element : in) read_value(element, key, out.emplace_back());
}

/// Fields that this version does not know are ignored.
template <class Field>
void read(const json& in, const char* key, Field& out) {
    const auto at = in.find(key);
    if (at == in.end()) refuse(key, "is missing");
    read_value(*at, key, out);
}

/// Fields that the first results of this schema did not have; where they are missing they have their defaults.
constexpr std::array<std::string_view, 8> later_fields{"round",   "position", "foreign_share", "in_flight",
                                                       "threads", "rounds",   "warmup_runs",   "assertions"};
bool added_later(std::string_view key) {
    return std::find(later_fields.begin(), later_fields.end(), key) != later_fields.end();
}

template <class Field>
void read_later(const json& in, const char* key, Field& out) {
    if (in.contains(key)) read(in, key, out);
}

}  // namespace

// Fields keep their order in the file: readers are people, too.
#define PIPEBENCH_READ(field) (added_later(#field) ? read_later(in, #field, out.field) : read(in, #field, out.field));
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
PIPEBENCH_FIELDS(service_usage, name, cpu_s, peak_pss_bytes)
PIPEBENCH_FIELDS(api_view, known, threads, requests, responses, refusals, connections, peak_connections,
                 peak_concurrent)
PIPEBENCH_FIELDS(ledger_view, rows, lost, corrupt, unexpected, recovered, redelivered, content_checked)
PIPEBENCH_FIELDS(verdict, trusted, text)
PIPEBENCH_FIELDS(flight_view, samples, mean)
PIPEBENCH_FIELDS(assertion_outcome, text, held, detail)
PIPEBENCH_FIELDS(run_result, pattern, title, round, position, in_flight_limit, time_s, floor_s, efficiency,
                 orders_per_s, orders, stored, failed, not_started, repeated, http_attempts, store_attempts, failures,
                 latency, memory, cpu, cpu_per_order_us, harness_cpu_s, steal_share, foreign_share, in_flight,
                 services, api, ledger, interrupted, verdict, notes)
PIPEBENCH_FIELDS(box_info, host_os, kernel, cpu_model, governor, virtualization, cores, memory_bytes,
                 descriptor_limit, load_1min)
PIPEBENCH_FIELDS(build_info, version, type, compiler, sanitizers)
PIPEBENCH_FIELDS(server_info, name, version, origin, settings)

void to_json(nlohmann::ordered_json& out, const session_result& r) {
    out = nlohmann::ordered_json{
        {"schema", r.schema},
        {"started_at", r.started_at},
        {"command", r.command},
        {"profile", r.profile},
        {"parameters", r.parameters},
        {"build", r.build},
        {"box", r.box},
        {"servers", r.servers},
        {"rounds", r.rounds},
        {"warmup_runs", r.warmup_runs},
        {"runs", r.runs},
        {"assertions", r.assertions},
        {"warnings", r.warnings},
        {"interrupted", r.interrupted},
        {"session_s", r.session_s},
    };
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
    read(in, "started_at", r.started_at);
    read(in, "command", r.command);
    read(in, "profile", r.profile);
    read(in, "parameters", r.parameters);
    read(in, "build", r.build);
    read(in, "box", r.box);
    read(in, "servers", r.servers);
    read_later(in, "rounds", r.rounds);
    read_later(in, "warmup_runs", r.warmup_runs);
    read(in, "runs", r.runs);
    read_later(in, "assertions", r.assertions);
    read(in, "warnings", r.warnings);
    read(in, "interrupted", r.interrupted);
    read(in, "session_s", r.session_s);
    return r;
} catch (const json::exception& e) {
    throw setup_error(fmt::format("not a pipebench result: {}", printable(e.what(), 160)));
}

}  // namespace pipebench
