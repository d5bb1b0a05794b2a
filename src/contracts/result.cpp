// Results as JSON. The list of each type's fields (BOOST_DESCRIBE_STRUCT) is the only one: to_json and parse_result
// both walk it, in the order in which the fields stand in the file.
#include "pipebench/result.hpp"

#include "contracts/api_counters.hpp"
#include "contracts/described.hpp"
#include "contracts/error.hpp"
#include "contracts/latency_bin.hpp"
#include "contracts/named.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <type_traits>

namespace pipebench {

BOOST_DESCRIBE_STRUCT(latency_summary, (), (mean_ms, p50_ms, p90_ms, p99_ms, p999_ms, max_ms))
BOOST_DESCRIBE_STRUCT(latency_distribution, (), (bins, counts))
BOOST_DESCRIBE_STRUCT(objective_outcome, (), (text, quantile, limit_ms, orders, late, needed, verdict))
BOOST_DESCRIBE_STRUCT(load_forecast, (), (erlang, utilisation, wait_p99_ms, response_p99_ms, queue_at_end))
BOOST_DESCRIBE_STRUCT(load_view, (),
                      (window_s, warm_up_s, drain_s, orders, offered_per_s, achieved_per_s, shed, unfinished, wait,
                       service, lateness_p99_ms, lateness_max_ms, queue_mean, queue_peak, queue_growth_per_s,
                       saturated, forecast, waits, responses, objectives))
BOOST_DESCRIBE_STRUCT(failure_count, (), (stage, kind, orders, reason))
BOOST_DESCRIBE_STRUCT(connection_waits, (), (count, longest_s))
BOOST_DESCRIBE_STRUCT(memory_usage, (),
                      (peak_rss_bytes, peak_pss_bytes, hwm_sum_bytes, processes, rss_samples, pss_samples,
                       interval_ms, largest_gap_ms))
BOOST_DESCRIBE_STRUCT(cpu_usage, (), (user_s, system_s, box_share))
BOOST_DESCRIBE_STRUCT(transform_pool_view, (), (transforms, held_back, deaths, wait))
BOOST_DESCRIBE_STRUCT(stage_time, (), (attempts, duration, durations))
BOOST_DESCRIBE_STRUCT(stage_times, (), (fetch, transform, store))
BOOST_DESCRIBE_STRUCT(cpu_split, (), (samples, fetch_us, transform_us, store_us, scheduling_us))
BOOST_DESCRIBE_STRUCT(ledger_view, (),
                      (checked, rows, lost, corrupt, unexpected, recovered, redelivered, content_checked))
BOOST_DESCRIBE_STRUCT(flight_view, (), (samples, mean))
BOOST_DESCRIBE_STRUCT(series_view, (), (interval_ms, t_s, in_flight, queued, lag, pending, completed, failed, rss_mb))
BOOST_DESCRIBE_STRUCT(recovery_view, (), (killed, at_s, resumed_s, drained_s, runs, api_calls_again))
BOOST_DESCRIBE_STRUCT(assertion_outcome, (), (text, held, detail))
BOOST_DESCRIBE_STRUCT(yardstick_piece, (), (name, cpu_us, elapsed_us))
BOOST_DESCRIBE_STRUCT(yardstick_view, (), (version, pieces))
BOOST_DESCRIBE_STRUCT(run_result, (),
                      (pattern, title, scenario, round, position, in_flight_limit, time_s, floor_s, efficiency,
                       orders_per_s, orders, stored, failed, dead_lettered, not_started, repeated, http_attempts,
                       store_attempts, retries, refused_retries, failures, latency, served, load, stages, memory, cpu,
                       cpu_per_order_us, cpu_sections, loop_lag, transform_pool, yardstick, harness_cpu_s,
                       steal_share, throttled_share, foreign_share, in_flight, series, recovery, services, api,
                       connection_waits, workers, ledger, interrupted, verdict, notes, events))
BOOST_DESCRIBE_STRUCT(container_limits, (), (cores, memory_bytes, processes))
BOOST_DESCRIBE_STRUCT(box_info, (),
                      (host_os, kernel, cpu_model, governor, virtualization, cores, memory_bytes, descriptor_limit,
                       load_1min, container))
BOOST_DESCRIBE_STRUCT(build_info, (), (version, type, compiler, sanitizers))
BOOST_DESCRIBE_STRUCT(server_info, (), (name, version, origin, settings))
BOOST_DESCRIBE_STRUCT(result_tag, (), (key, value))
BOOST_DESCRIBE_STRUCT(session_result, (),
                      (schema, name, tags, started_at, command, profile, parameters, transform_rounds_per_us, build,
                       box, servers, chaos, target_time_s, memory_budget_bytes, rounds, warmup_runs, runs, assertions,
                       warnings, interrupted, session_s))

namespace {

using json = nlohmann::json;
using nlohmann::ordered_json;
template <std::size_t count>
using names = std::array<std::string_view, count>;

/// The fields that the first results of this schema did not have.
template <class Type>
constexpr names<0> came_later{};
template <>
constexpr names<4> came_later<api_view>{"threads", "throttled", "faults", "early"};
template <>
constexpr names<1> came_later<box_info>{"container"};
template <>
constexpr names<1> came_later<failure_count>{"reason"};
template <>
constexpr names<1> came_later<ledger_view>{"checked"};
template <>
constexpr names<21> came_later<run_result>{
    "scenario",     "round",         "position",  "dead_lettered",  "retries",   "refused_retries",
    "cpu_sections", "foreign_share", "in_flight", "series",         "recovery",  "connection_waits",
    "served",       "load",          "loop_lag",  "transform_pool", "yardstick", "throttled_share",
    "workers",      "stages",        "events"};
template <>
constexpr names<9> came_later<session_result>{"chaos",       "target_time_s", "memory_budget_bytes",     "rounds",
                                              "warmup_runs", "assertions",    "transform_rounds_per_us", "name",
                                              "tags"};

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
template <>
constexpr std::size_t most_of<std::uint64_t> = latency_bins;

// Writing.

/// What a run does not have by its kind is left out; a measure that is not known is null.
template <class Field>
bool is_left_out(const Field&) {
    return false;
}
template <described Part>
bool is_left_out(const std::optional<Part>& part) {
    return !part;
}
bool is_left_out(const std::optional<double>& number) { return !number; }

ordered_json written(const verdict& v) {
    return {{"trusted", v.trusted()}, {"text", v.text}, {"kind", name_of(v.kind)}};
}

ordered_json written(const event& e) { return to_object(e); }

template <class Type>
ordered_json written(const Type& value);

/// The counts of a ledger that was not checked are not known.
ordered_json written(const ledger_view& ledger) {
    auto out = ordered_json::object();
    for_each_field<ledger_view>([&](const char* name, auto field) {
        out[name] = ledger.checked || name == std::string_view("checked") ? written(ledger.*field) : ordered_json();
    });
    return out;
}

template <class Type>
ordered_json written(const Type& value) {
    if constexpr (described<Type>) {
        auto out = ordered_json::object();
        for_each_field<Type>([&](const char* name, auto field) {
            if (!is_left_out(value.*field)) out[name] = written(value.*field);
        });
        return out;
    } else if constexpr (is_list<Type>) {
        auto out = ordered_json::array();
        for (const auto& element : value) out.push_back(written(element));
        return out;
    } else if constexpr (is_optional<Type>) {
        return value ? written(*value) : ordered_json();
    } else if constexpr (std::is_enum_v<Type>) {
        return name_of(value);
    } else {
        return ordered_json(value);
    }
}

// Reading.

[[noreturn]] void refuse(std::string_view key, std::string_view fault) {
    throw setup_error(fmt::format("not a pipebench result: \"{}\" {}", key, fault));
}

void require_at_most(std::size_t limit, std::size_t size, std::string_view key, std::string_view what) {
    if (size > limit) refuse(key, fmt::format("has more than {} {}", fmt::group_digits(limit), what));
}

void require_object(const json& in, const char* key) {
    if (!in.is_object()) refuse(key, "is not an object");
}

template <class Type>
void read_value(const json& in, const char* key, Type& out);
void read_value(const json& in, const char* key, verdict& out);
void read_value(const json& in, const char* key, ledger_view& out);
void read_value(const json& in, const char* key, event& out);

// Stricter than the library, which wraps negative numbers, cuts fractions and takes true for 1.
void read_value(const json& in, const char* key, std::uint64_t& out) {
    if (!in.is_number_unsigned()) refuse(key, "is not a whole number from 0 on");
    out = in.get<std::uint64_t>();
}
/// The first results of this schema have 0 for memory that was not known; no process has none.
void read_value(const json& in, const char* key, known_bytes& out) {
    std::uint64_t bytes = 0;
    if (!in.is_null()) read_value(in, key, bytes);
    out = bytes > 0 ? std::optional(bytes) : std::nullopt;
}
template <described Part>
void read_value(const json& in, const char* key, std::optional<Part>& out) {
    if (!in.is_null()) read_value(in, key, out.emplace());
}
void read_value(const json& in, const char* key, double& out) {
    if (!in.is_number() && !in.is_null()) refuse(key, "is not a number");
    out = in.is_null() ? std::numeric_limits<double>::quiet_NaN() : in.get<double>();  // JSON writes NaN as null
    if (out < 0) refuse(key, "is negative");
}
void read_value(const json& in, const char* key, std::optional<double>& out) {
    if (!in.is_null()) read_value(in, key, out.emplace());
}
void read_value(const json& in, const char* key, bool& out) {
    if (!in.is_boolean()) refuse(key, "is neither true nor false");
    out = in.get<bool>();
}
void read_value(const json& in, const char* key, std::string& out) {
    if (!in.is_string()) refuse(key, "is not a text");
    out = in.get<std::string>();
}
/// The parameters: those of this version or of a later one, or null.
void read_value(const json& in, const char* key, json& out) {
    if (!in.is_object() && !in.is_null()) refuse(key, "is not an object");
    out = in;
}

template <class Enum>
void read_name(const json& in, const char* key, Enum& out) {
    std::string text;
    read_value(in, key, text);
    const auto value = named<Enum>(text, count_of<Enum>);
    if (!value) refuse(key, fmt::format("is '{}', which this version does not know", printable(text, 60)));
    out = *value;
}

/// Ignores fields that this version does not know. Of those that came later, a missing measure is NaN, since nobody
/// knows it, and anything else keeps its default.
template <class Owner, class Field>
void read(const json& in, const char* key, Field& out) {
    if (const auto at = in.find(key); at != in.end()) return read_value(*at, key, out);
    constexpr auto optional = came_later<Owner>;
    if (std::find(optional.begin(), optional.end(), key) == optional.end()) refuse(key, "is missing");
    if constexpr (std::is_same_v<Field, double>) out = std::numeric_limits<double>::quiet_NaN();
}

bool contains(std::string_view text, std::string_view lower_case_word) {
    const auto alike = [](char a, char b) { return (static_cast<unsigned char>(a) | 0x20) == b; };
    return std::search(text.begin(), text.end(), lower_case_word.begin(), lower_case_word.end(), alike) != text.end();
}

/// Results saved before there were kinds have only `trusted` and the text. This is the one place that reads a kind
/// from a text.
verdict_kind kind_from_text(bool trusted, std::string_view text) {
    using k = verdict_kind;
    if (trusted) {
        if (text.starts_with("ok, at its floor")) return k::at_floor;
        if (text.starts_with("ok, box full")) return k::box_full;
        return contains(text, "% failed") ? k::failures : k::ok;
    }
    if (!text.starts_with("INVALID")) return contains(text, "interrupted") ? k::interrupted : k::not_judged;
    text.remove_prefix(std::min(text.size(), std::string_view("INVALID: ").size()));
    if (!text.empty() && text.front() >= '0' && text.front() <= '9') return k::invalid_ledger;
    constexpr std::array<std::pair<std::string_view, k>, 7> beginnings{{{"it ", k::invalid_death},
                                                                        {"every order", k::invalid_all_failed},
                                                                        {"below its floor", k::invalid_below_floor},
                                                                        {"sanitizer", k::invalid_sanitizers},
                                                                        {"debug", k::invalid_debug_build},
                                                                        {"Little's law", k::invalid_littles_law},
                                                                        {"the box was busy", k::invalid_busy_box}}};
    for (const auto& [beginning, kind] : beginnings)
        if (text.starts_with(beginning)) return kind;
    return contains(text, " was the limit") ? k::invalid_service_limit : k::invalid;
}

void read_value(const json& in, const char* key, verdict& out) {
    require_object(in, key);
    bool trusted = false;
    read<verdict>(in, "trusted", trusted);
    read<verdict>(in, "text", out.text);
    if (const auto at = in.find("kind"); at != in.end()) read_name(*at, "kind", out.kind);
    else out.kind = kind_from_text(trusted, out.text);
    if (out.trusted() != trusted) refuse("trusted", "contradicts the verdict's \"kind\"");
}

void read_value(const json& in, const char* key, ledger_view& out) {
    require_object(in, key);
    read<ledger_view>(in, "checked", out.checked);
    if (out.checked)
        for_each_field<ledger_view>([&](const char* name, auto field) { read<ledger_view>(in, name, out.*field); });
}

void read_value(const json& in, const char* key, event& out) {
    constexpr std::size_t most_fields = 20;
    require_object(in, key);
    require_at_most(most_fields, in.size(), key, "fields of an event");
    read<event>(in, "event", out.kind);
    for (const auto& [name, value] : in.items()) {
        if (name == "event") continue;
        if (name == "at") read_value(value, "at", out.at_s);
        else if (value.is_primitive()) out.fields[name] = value;
        else refuse(key, "has a field that is a list or an object");
    }
}

template <class Type>
void read_value(const json& in, const char* key, Type& out) {
    if constexpr (described<Type>) {
        require_object(in, key);
        for_each_field<Type>([&](const char* name, auto field) { read<Type>(in, name, out.*field); });
    } else if constexpr (is_list<Type>) {
        if (!in.is_array()) refuse(key, "is not a list");
        require_at_most(most_of<typename Type::value_type>, in.size(), key, "entries");
        for (const auto& element : in) read_value(element, key, out.emplace_back());
    } else {
        read_name(in, key, out);
    }
}

void require_few_patterns(const std::vector<run_result>& runs, std::string_view key) {
    std::set<std::string_view> patterns;
    for (const auto& run : runs) patterns.insert(run.pattern);
    require_at_most(most_patterns, patterns.size(), key, "different patterns");
}

}  // namespace

std::string_view name_of(service s) noexcept {
    static constexpr std::array<std::string_view, service_count> all{"mock-api", "postgres", "redis"};
    return all.at(static_cast<std::size_t>(s));
}

std::string_view name_of(verdict_kind k) noexcept {
    static constexpr std::array<std::string_view, verdict_kind_count> all{"ok",
                                                                          "at_floor",
                                                                          "box_full",
                                                                          "saturated",
                                                                          "failures",
                                                                          "not_judged",
                                                                          "interrupted",
                                                                          "invalid",
                                                                          "invalid_ledger",
                                                                          "invalid_death",
                                                                          "invalid_all_failed",
                                                                          "invalid_below_floor",
                                                                          "invalid_sanitizers",
                                                                          "invalid_debug_build",
                                                                          "invalid_littles_law",
                                                                          "invalid_busy_box",
                                                                          "invalid_service_limit",
                                                                          "invalid_unchecked",
                                                                          "invalid_late_arrivals"};
    return all.at(static_cast<std::size_t>(k));
}

std::string_view name_of(objective_verdict v) noexcept {
    static constexpr std::array<std::string_view, objective_verdict_count> all{"met", "not met", "cannot tell"};
    return all.at(static_cast<std::size_t>(v));
}

std::string_view name_of(kill_target t) noexcept {
    static constexpr std::array<std::string_view, kill_target_count> all{"",         "worker",      "run",    "redis",
                                                                         "postgres", "connections", "itself", "host"};
    return all.at(static_cast<std::size_t>(t));
}

std::string_view name_of(worker_end e) noexcept {
    static constexpr std::array<std::string_view, worker_end_count> all{"stayed", "signed_off", "gave_up", "missing"};
    return all.at(static_cast<std::size_t>(e));
}

std::string describe(const container_limits& c) {
    std::vector<std::string> parts;
    if (std::isfinite(c.cores)) parts.push_back(fmt::format("{:.4g} cores", c.cores));
    if (c.memory_bytes) parts.push_back(fmt::format("{} MB", *c.memory_bytes / 1'000'000));
    if (c.processes) parts.push_back(fmt::format("{} processes", *c.processes));
    return fmt::format("at most {}", fmt::join(parts, ", "));
}

void to_json(ordered_json& out, const session_result& r) { out = written(r); }

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
    read<session_result>(in, "schema", r.schema);
    if (r.schema != result_schema)
        throw setup_error(fmt::format("a result of schema '{}'; this pipebench reads '{}'", printable(r.schema, 60),
                                      result_schema));
    read_value(in, "result", r);
    require_few_patterns(r.runs, "runs");
    require_few_patterns(r.warmup_runs, "warmup_runs");
    return r;
} catch (const json::exception& e) {
    throw setup_error(fmt::format("not a pipebench result: {}", one_line(e.what(), 160)));
}

}  // namespace pipebench
