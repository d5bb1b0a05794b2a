#include "contracts/parameters.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/error.hpp"
#include "contracts/units.hpp"
#include "contracts/value_form.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace pipebench {
namespace {

using namespace std::chrono_literals;

// --- JSON: a wider range than the options allow, since another version may have saved it ---

[[noreturn]] void refuse(const char* key, const nlohmann::json& value, std::string_view expected) {
    const auto text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    throw setup_error(fmt::format("parameter {}: {} is not {}", key, printable(text, 60), expected));
}

const nlohmann::json& field(const nlohmann::json& in, const char* key) {
    if (const auto at = in.find(key); at != in.end()) return *at;
    throw setup_error(fmt::format("the parameters of a run are not complete: {} is missing", key));
}

std::string text_at(const nlohmann::json& in, const char* key) {
    const auto& value = field(in, key);
    return value.is_string() ? value.get<std::string>() : std::string{};  // no parser below takes an empty one
}

template <class Value>
using form_of = value_form<Value>;

void read(const nlohmann::json& in, const char* key, const form_of<duration>&, duration& out) {
    const auto d = parse_duration(text_at(in, key));
    if (!d) refuse(key, field(in, key), "a duration");
    out = *d;
}

void read(const nlohmann::json& in, const char* key, const form_of<jitter>&, jitter& out) {
    const auto j = parse_jitter(text_at(in, key));
    if (!j) refuse(key, field(in, key), "a jitter: none, uniform:TIME or lognormal:SIGMA");
    out = *j;
}

/// The library would wrap a negative number, truncate a fraction, and accept true as 1.
template <std::unsigned_integral Count>
void read(const nlohmann::json& in, const char* key, const form_of<Count>&, Count& out) {
    const auto& value = field(in, key);
    const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
    if (!whole || value.get<std::uint64_t>() > std::numeric_limits<Count>::max())
        refuse(key, value, "a whole number in range");
    out = value.get<Count>();
}

void read(const nlohmann::json& in, const char* key, const form_of<double>&, double& share) {
    const auto& value = field(in, key);
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= 100))
        refuse(key, value, "a number from 0 to 100");
    share = value.get<double>();
}

void read(const nlohmann::json& in, const char* key, const form_of<std::vector<order_id>>&,
          std::vector<order_id>& out) {
    const auto& value = field(in, key);
    const auto is_id = [](const auto& id) { return id.is_number_unsigned(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_id)) refuse(key, value, "a list of orders");
    out = value.get<std::vector<order_id>>();
}

template <class Enum>
requires std::is_enum_v<Enum>
void read(const nlohmann::json& in, const char* key, const form_of<Enum>& form, Enum& out) try {
    out = form.parse(text_at(in, key));
} catch (const setup_error&) {
    refuse(key, field(in, key), "one of " + form.placeholder);
}

/// Types that their own parser reads, in JSON as on the command line.
template <class Value>
concept written_as_text =
    std::same_as<Value, arrival_rate> || std::same_as<Value, rate_ramp> || std::same_as<Value, arrival_process> ||
    std::same_as<Value, std::vector<arrival_rate>> || std::same_as<Value, std::vector<objective>> ||
    std::same_as<Value, cpu_cost> || std::same_as<Value, transform_place>;

template <written_as_text Value>
void read(const nlohmann::json& in, const char* key, const form_of<Value>& form, Value& out) try {
    out = form.parse(text_at(in, key));
} catch (const setup_error&) {
    refuse(key, field(in, key), "a " + form.placeholder);
}

void write(nlohmann::json& out, const form_of<duration>&, duration d) { out = format_duration(d); }
void write(nlohmann::json& out, const form_of<jitter>&, const jitter& j) { out = format_jitter(j); }
template <class Value>
void write(nlohmann::json& out, const form_of<Value>& form, const Value& value) {
    if constexpr (std::is_enum_v<Value> || written_as_text<Value>) out = form.format(value);
    else out = value;
}

// --- one member of the workload ---

template <class Object, class Member, class... Rest>
auto& follow(Object& object, Member member, Rest... rest) {
    if constexpr (sizeof...(rest) == 0) return object.*member;
    else return follow(object.*member, rest...);
}

/// `path` leads from the workload to the member: &workload::http, &latency::mean.
template <class Value, class... Path>
parameter_value member(value_form<Value> form, Path... path) {
    parameter_value out;
    out.placeholder = form.placeholder;
    if (form.parse) {
        out.parse = [=](workload& w, const std::string& text) { follow(w, path...) = form.parse(text); };
        out.format = [=](const workload& w) { return form.format(follow(w, path...)); };
    }
    out.load = [=](workload& w, const nlohmann::json& all, const char* key) {
        read(all, key, form, follow(w, path...));
    };
    out.save = [=](const workload& w, nlohmann::json& json) { write(json, form, follow(w, path...)); };
    return out;
}

// --- the rows ---

std::vector<parameter> selection_parameters() {
    return {
        {"orders", "-n,--orders", parameter_group::selection, 1, "orders per run",
         member(count_form({1, 10'000'000}), &workload::orders)},
        {"seed", "--seed", parameter_group::selection, 7, "seed of the orders, of the jitter and of the backoff",
         member(count_form({0, 1'000'000'000'000'000}), &workload::seed)},
    };
}

/// Absent from the JSON of a closed run, which is the same with a version that has no open load.
std::vector<parameter> load_parameters() {
    constexpr auto arrive = &workload::arrive;
    std::vector<parameter> rows{
        {"rate", "--rate", parameter_group::load, 23, "orders that arrive: 14/s, 840/m or 50k/h",
         member(off_by_default(arrival_rate_form()), arrive, &arrivals::rate)},
        {"ramp", "--ramp", parameter_group::load, 24, "the same, from one rate to another over --duration",
         member(off_by_default(rate_ramp_form()), arrive, &arrivals::ramp)},
        {"steps", "--steps", parameter_group::load, 25, "the same, each rate for --duration",
         member(off_by_default(rate_steps_form()), arrive, &arrivals::steps)},
        {"duration", "--duration", parameter_group::load, 26, "how long orders arrive; in place of -n",
         member(off_by_default(duration_form({1ms, max_duration})), arrive, &arrivals::time)},
        {"arrivals", "--arrivals", parameter_group::load, 27, "how they are spread: constant, poisson, burst:N",
         member(arrival_process_form(), arrive, &arrivals::process)},
        {"warm_up", "--warm-up", parameter_group::load, 28, "orders that arrive earlier are done, but not counted",
         member(off_by_default(duration_form()), arrive, &arrivals::warm_up)},
        {"drain", "--drain", parameter_group::load, 0, "from the last arrival until orders not begun are given up",
         member(off_by_default(duration_form({1ms, 1h})), arrive, &arrivals::drain)},
        {"queue_limit", "--queue-limit", parameter_group::load, 29, "most orders that have arrived and not begun",
         member(off_by_default(count_form({1, max_arrivals})), arrive, &arrivals::queue_limit)},
        {"when_full", "--when-full", parameter_group::load, 30,
         "turn away an order that finds it full, or hold it back",
         member(choice_form<when_full>({{"shed", when_full::shed}, {"wait", when_full::wait}}), arrive,
                &arrivals::full)},
        {"slo", "--slo", parameter_group::load, 31, "objectives for the time from arrival to end: p99<500ms",
         member(off_by_default(objectives_form()), &workload::objectives)},
    };
    for (auto& row : rows) row.left_out_at_default = true;
    return rows;
}

/// A parameter that came later, and without which the work is the same.
parameter left_out_at_default(parameter row) {
    row.left_out_at_default = true;
    return row;
}

std::vector<parameter> work_parameters() {
    constexpr duration_range timeouts{1ms, 1h};
    return {
        {"http_latency", "--http-latency", parameter_group::work, 2, "mean time the mock API takes to answer",
         member(duration_form(), &workload::http, &latency::mean)},
        {"http_jitter", "--http-jitter", parameter_group::work, 3,
         "spread around it: none, uniform:20ms, lognormal:0.5",
         member(jitter_form(), &workload::http, &latency::spread)},
        {"db_latency", "--db-latency", parameter_group::work, 4, "client-side wait added to each write",
         member(duration_form(), &workload::db_latency)},
        left_out_at_default({"transform_cost", "--transform-cost", parameter_group::work, 32,
                             "CPU time of each transform: 5ms, 5ms:lognormal:0.5",
                             member(cpu_cost_form(), &workload::transform_cost)}),
        left_out_at_default({"transform_on", "--transform-on", parameter_group::work, 33,
                             "where event loops transform: loop, threads:N, processes:N",
                             member(transform_place_form(), &workload::transform_on)}),
        {"connections", "--connections", parameter_group::work, 5, "HTTP connections: reused or new",
         member(choice_form<connection_use>(
                    {{"keep-alive", connection_use::keep_alive}, {"per-order", connection_use::per_order}}),
                &workload::connections)},
        {"write_mode", "--write-mode", parameter_group::work, 20,
         "one transaction per order, or one per batch of waiting rows",
         member(choice_form<write_mode>({{"row", write_mode::row}, {"batch", write_mode::batch}}), &workload::write)},
        {"write_batch", "--write-batch", parameter_group::work, 21,
         "largest number of rows in one statement of a batch",
         member(count_form<unsigned>({1, 1000}), &workload::write_batch)},
        {"attempts", "--attempts", parameter_group::work, 6, "attempts per stage; 1 disables retries",
         member(count_form<unsigned>({1, 100}), &workload::retry, &retry_policy::attempts)},
        {"backoff_base", "--backoff-base", parameter_group::work, 0,
         "longest random pause before the first retry, then doubled",
         member(duration_form(), &workload::retry, &retry_policy::backoff_base)},
        {"backoff_cap", "--backoff-cap", parameter_group::work, 0, "longest pause between retries",
         member(duration_form(), &workload::retry, &retry_policy::backoff_cap)},
        {"retry_budget", "--retry-budget", parameter_group::work, 18,
         "HTTP retries allowed, as a share of the orders, plus 100",
         member(share_form(), &workload::retry, &retry_policy::budget)},
        {"rate_limit", "--rate-limit", parameter_group::work, 17,
         "most HTTP requests a run sends per second, e.g. 500/s",
         member(off_by_default(rate_form()), &workload::rate_limit)},
        {"attempt_timeout", "--attempt-timeout", parameter_group::work, 0,
         "limit for one HTTP exchange or one statement",
         member(duration_form(timeouts), &workload::limits, &time_limits::attempt)},
        {"order_timeout", "--order-timeout", parameter_group::work, 0,
         "limit for one order, all attempts and pauses included",
         member(duration_form(timeouts), &workload::limits, &time_limits::order)},
    };
}

std::vector<parameter> pattern_parameters() {
    const auto concurrency = count_form<unsigned>({1, 10'000}), up_to_1000 = count_form<unsigned>({1, 1000});
    constexpr auto streams = &workload::streams;
    return {
        {"permits", "--permits", parameter_group::patterns, 8, "semaphore: permits",
         member(concurrency, &workload::permits)},
        {"pool_processes", "--pool-processes", parameter_group::patterns, 10, "process-pool: worker processes",
         member(concurrency, &workload::pool_processes)},
        {"threads", "--threads", parameter_group::patterns, 9, "thread-pool: threads",
         member(concurrency, &workload::threads)},
        {"runner_concurrency", "--runner-concurrency", parameter_group::patterns, 22,
         "orders a --runner may have in flight", member(concurrency, &workload::runner_concurrency)},
        {"workers", "--workers", parameter_group::patterns, 11, "redis-streams: asynchronous workers",
         member(concurrency, streams, &stream_parameters::workers)},
        {"processes", "--processes", parameter_group::patterns, 12, "redis-streams: processes that share the workers",
         member(up_to_1000, streams, &stream_parameters::processes)},
        {"batch", "--batch", parameter_group::patterns, 13, "redis-streams: orders per read (XREADGROUP COUNT)",
         member(up_to_1000, streams, &stream_parameters::batch)},
        {"batch_mode", "--batch-mode", parameter_group::patterns, 14, "redis-streams: how a batch is run",
         member(choice_form<batch_mode>({{"together", batch_mode::together}, {"one-by-one", batch_mode::one_by_one}}),
                streams, &stream_parameters::mode)},
        {"block", "--block", parameter_group::patterns, 15,
         "redis-streams: longest wait of a read (XREADGROUP BLOCK)",
         member(duration_form({1ms, 1min}), streams, &stream_parameters::block)},
        {"lease", "--lease", parameter_group::patterns, 19,
         "redis-streams: age at which an unrenewed entry is taken over",
         member(duration_form({100ms, 1h}), streams, &stream_parameters::lease)},
        {"max_deliveries", "--max-deliveries", parameter_group::patterns, 0,
         "redis-streams: deliveries before an order is dead-lettered",
         member(up_to_1000, streams, &stream_parameters::max_deliveries)},
        {"db_connections", "--db-connections", parameter_group::patterns, 16,
         "PostgreSQL connections per pattern; at least one per process",
         member(up_to_1000, &workload::db_connections)},
    };
}

std::vector<parameter> scenario_parameters() {
    return {
        {"poison", "", parameter_group::scenario, 0, "",
         member(value_form<std::vector<order_id>>{}, &workload::poison)},
    };
}

std::vector<parameter> make_table() {
    std::vector<parameter> out;
    for (auto&& part :
         {selection_parameters(), load_parameters(), work_parameters(), pattern_parameters(), scenario_parameters()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

}  // namespace

std::string_view parameter::long_option() const noexcept {
    const std::string_view names = option;
    return names.substr(std::min(names.find("--"), names.size()));
}

std::span<const parameter> parameters() {
    static const auto table = make_table();
    return table;
}

const parameter& parameter_of(std::string_view long_option) {
    for (const parameter& p : parameters())
        if (p.has_option() && p.long_option() == long_option) return p;
    throw std::out_of_range("no parameter has the option " + std::string(long_option));
}

std::vector<const parameter*> parameters_of_profile_line() {
    std::vector<const parameter*> out;
    for (const parameter& p : parameters())
        if (p.profile_place > 0) out.push_back(&p);
    std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->profile_place < b->profile_place; });
    return out;
}

}  // namespace pipebench
