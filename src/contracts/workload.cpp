#include "pipebench/workload.hpp"

#include "contracts/error.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <limits>

namespace pipebench {
namespace {

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

void read(const nlohmann::json& in, const char* key, duration& out) {
    const auto d = parse_duration(text_at(in, key));
    if (!d) refuse(key, field(in, key), "a duration");
    out = *d;
}

void read(const nlohmann::json& in, const char* key, jitter& out) {
    const auto j = parse_jitter(text_at(in, key));
    if (!j) refuse(key, field(in, key), "a jitter: none, uniform:TIME or lognormal:SIGMA");
    out = *j;
}

/// The library would wrap a negative number, cut a fraction and take true for 1.
template <std::unsigned_integral Count>
void read(const nlohmann::json& in, const char* key, Count& out) {
    const auto& value = field(in, key);
    const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
    if (!whole || value.get<std::uint64_t>() > std::numeric_limits<Count>::max())
        refuse(key, value, "a whole number in range");
    out = value.get<Count>();
}

void read(const nlohmann::json& in, const char* key, double& share) {
    const auto& value = field(in, key);
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= 100))
        refuse(key, value, "a number from 0 to 100");
    share = value.get<double>();
}

void read(const nlohmann::json& in, const char* key, std::vector<order_id>& out) {
    const auto& value = field(in, key);
    const auto is_id = [](const auto& id) { return id.is_number_unsigned(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_id)) refuse(key, value, "a list of orders");
    out = value.get<std::vector<order_id>>();
}

/// Two names for the two values of an enum.
template <class Choice>
struct choice {
    const char *first, *second;
    Choice first_value, second_value;
};
constexpr choice<connection_use> connection_uses{"keep-alive", "per-order", connection_use::keep_alive,
                                                 connection_use::per_order};
constexpr choice<batch_mode> batch_modes{"together", "one-by-one", batch_mode::together, batch_mode::one_by_one};
constexpr choice<write_mode> write_modes{"row", "batch", write_mode::row, write_mode::batch};

template <class Choice>
const char* name_of(const choice<Choice>& c, Choice value) {
    return value == c.first_value ? c.first : c.second;
}

template <class Choice>
void read(const nlohmann::json& in, const char* key, const choice<Choice>& c, Choice& out) {
    const auto text = text_at(in, key);
    if (text != c.first && text != c.second) refuse(key, field(in, key), fmt::format("{} or {}", c.first, c.second));
    out = text == c.first ? c.first_value : c.second_value;
}

}  // namespace

std::optional<jitter> parse_jitter(std::string_view text) {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    const auto value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (name == "none" && colon == std::string_view::npos) return jitter{};
    if (name == "uniform") {
        const auto width = parse_duration(value);
        if (!width) return std::nullopt;
        return jitter{jitter::shape::uniform, *width, 0};
    }
    if (name == "lognormal") {
        double sigma = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), sigma);
        if (error != std::errc{} || end != value.data() + value.size() || !(sigma > 0 && sigma <= 3))
            return std::nullopt;
        return jitter{jitter::shape::lognormal, {}, sigma};
    }
    return std::nullopt;
}

std::string format_jitter(const jitter& j) {
    switch (j.kind) {
        case jitter::shape::uniform: return "uniform:" + format_duration(j.half_width);
        case jitter::shape::lognormal: return fmt::format("lognormal:{}", j.sigma);
        case jitter::shape::none: break;
    }
    return "none";
}

void to_json(nlohmann::json& out, const workload& w) {
    out = {
        {"orders", w.orders},
        {"seed", w.seed},
        {"http_latency", format_duration(w.http.mean)},
        {"http_jitter", format_jitter(w.http.spread)},
        {"db_latency", format_duration(w.db_latency)},
        {"connections", name_of(connection_uses, w.connections)},
        {"attempt_timeout", format_duration(w.limits.attempt)},
        {"order_timeout", format_duration(w.limits.order)},
        {"attempts", w.retry.attempts},
        {"backoff_base", format_duration(w.retry.backoff_base)},
        {"backoff_cap", format_duration(w.retry.backoff_cap)},
        {"retry_budget", w.retry.budget},
        {"rate_limit", w.rate_limit},
        {"poison", w.poison},
        {"write_mode", name_of(write_modes, w.write)},
        {"write_batch", w.write_batch},
        {"db_connections", w.db_connections},
        {"permits", w.permits},
        {"pool_processes", w.pool_processes},
        {"threads", w.threads},
        {"runner_concurrency", w.runner_concurrency},
        {"workers", w.streams.workers},
        {"processes", w.streams.processes},
        {"batch", w.streams.batch},
        {"block", format_duration(w.streams.block)},
        {"batch_mode", name_of(batch_modes, w.streams.mode)},
        {"lease", format_duration(w.streams.lease)},
        {"max_deliveries", w.streams.max_deliveries},
    };
}

void from_json(const nlohmann::json& in, workload& w) {
    if (!in.is_object()) throw setup_error("the parameters of a run are not a JSON object");
    read(in, "orders", w.orders);
    read(in, "seed", w.seed);
    read(in, "http_latency", w.http.mean);
    read(in, "http_jitter", w.http.spread);
    read(in, "db_latency", w.db_latency);
    read(in, "connections", connection_uses, w.connections);
    read(in, "attempt_timeout", w.limits.attempt);
    read(in, "order_timeout", w.limits.order);
    read(in, "attempts", w.retry.attempts);
    read(in, "backoff_base", w.retry.backoff_base);
    read(in, "backoff_cap", w.retry.backoff_cap);
    read(in, "retry_budget", w.retry.budget);
    read(in, "rate_limit", w.rate_limit);
    read(in, "poison", w.poison);
    read(in, "write_mode", write_modes, w.write);
    read(in, "write_batch", w.write_batch);
    read(in, "db_connections", w.db_connections);
    read(in, "permits", w.permits);
    read(in, "pool_processes", w.pool_processes);
    read(in, "threads", w.threads);
    read(in, "runner_concurrency", w.runner_concurrency);
    read(in, "workers", w.streams.workers);
    read(in, "processes", w.streams.processes);
    read(in, "batch", w.streams.batch);
    read(in, "block", w.streams.block);
    read(in, "batch_mode", batch_modes, w.streams.mode);
    read(in, "lease", w.streams.lease);
    read(in, "max_deliveries", w.streams.max_deliveries);
}

}  // namespace pipebench
