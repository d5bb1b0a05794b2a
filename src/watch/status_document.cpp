#include "watch/status_document.hpp"

#include "contracts/error.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <cmath>

namespace pipebench {
namespace {

using nlohmann::json;

/// The code point at the start of valid UTF-8, and its length in bytes.
struct code_point {
    std::uint32_t value;
    std::size_t length;
};
code_point first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    if (byte(0) < 0x80) return {byte(0), 1};
    if (byte(0) < 0xE0) return {(byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu), 2};
    if (byte(0) < 0xF0) return {(byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu), 3};
    return {0xFFFF, 4};
}

/// Latin, Greek and Cyrillic letters. Of other characters a terminal may make two columns, or none.
bool fills_one_column(std::uint32_t c) {
    return (c >= 0x20 && c < 0x7F) || (c >= 0xA0 && c < 0x300 && c != 0xAD) || (c >= 0x370 && c < 0x483) ||
           (c >= 0x48A && c < 0x530);
}

std::string shown(std::string_view foreign) {
    const auto text = printable(foreign, longest_shown_text);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto c = first_of(std::string_view(text).substr(at));
        out += fills_one_column(c.value) ? text.substr(at, c.length) : "?";
        at += c.length;
    }
    return out;
}

[[noreturn]] void refuse(const char* name, const char* what) {
    throw setup_error(fmt::format("not a status of pipebench: {} is not {}", name, what));
}

/// What is absent is null.
const json& member(const json& in, const char* name) {
    static const json none;
    const auto found = in.find(name);
    return found == in.end() ? none : *found;
}

std::string text_in(const json& in, const char* name) {
    const auto& it = member(in, name);
    if (it.is_null()) return {};
    if (!it.is_string()) refuse(name, "a text");
    return shown(it.get_ref<const std::string&>());
}

double number_in(const json& in, const char* name) {
    const auto& it = member(in, name);
    if (it.is_null()) return unknown_number;
    if (!it.is_number()) refuse(name, "a number");
    const auto value = it.get<double>();
    if (!std::isfinite(value) || value < 0) refuse(name, "a number from 0");
    return value;
}

bool flag_in(const json& in, const char* name) {
    const auto& it = member(in, name);
    if (it.is_null()) return false;
    if (!it.is_boolean()) refuse(name, "true or false");
    return it.get<bool>();
}

/// Null if it is absent.
const json& object_in(const json& in, const char* name) {
    const auto& it = member(in, name);
    if (!it.is_null() && !it.is_object()) refuse(name, "an object");
    return it;
}

template <class Element>
std::vector<Element> list_in(const json& in, const char* name, Element (*read)(const json&)) {
    const auto& it = member(in, name);
    if (it.is_null()) return {};
    if (!it.is_array()) refuse(name, "a list");
    std::vector<Element> out;
    for (const auto& element : it) {
        if (out.size() == most_listed) break;
        if (!element.is_object()) refuse(name, "a list of objects");
        out.push_back(read(element));
    }
    return out;
}

shown_orders::failure failure_in(const json& in) {
    return {text_in(in, "stage"), text_in(in, "kind"), number_in(in, "orders")};
}

shown_orders orders_in(const json& in) {
    if (in.is_null()) return {};
    return {.stored = number_in(in, "stored"),
            .failed = number_in(in, "failed"),
            .repeated = number_in(in, "repeated"),
            .in_flight = number_in(in, "in_flight"),
            .queued = number_in(in, "queued"),
            .retries = number_in(in, "retries"),
            .throttled = number_in(in, "throttled"),
            .failures = list_in(in, "failures", failure_in)};
}

shown_place place_in(const json& in) {
    return {.pattern = text_in(in, "pattern"),
            .scenario = text_in(in, "scenario"),
            .round = number_in(in, "round"),
            .rounds = number_in(in, "rounds"),
            .run = number_in(in, "run"),
            .of = number_in(in, "of"),
            .warmup = flag_in(in, "warmup"),
            .orders = number_in(in, "orders"),
            .floor_s = number_in(in, "floor_s"),
            .in_flight_limit = number_in(in, "in_flight_limit")};
}

shown_percentiles percentiles_in(const json& in) {
    if (in.is_null()) return {};
    return {number_in(in, "p50_ms"), number_in(in, "p99_ms")};
}

shown_usage usage_in(const json& in) {
    return {text_in(in, "name"), number_in(in, "cpu_s"), number_in(in, "rss_bytes"), number_in(in, "pss_bytes")};
}

shown_worker worker_in(const json& in) {
    return {.instance = text_in(in, "instance"),
            .host = text_in(in, "host"),
            .state = text_in(in, "state"),
            .ended = number_in(in, "ended"),
            .in_hand = number_in(in, "in_hand"),
            .cpu_s = number_in(in, "cpu_s")};
}

shown_end end_in(const json& in) {
    return {.place = place_in(in),
            .verdict = text_in(in, "verdict"),
            .time_s = number_in(in, "time_s"),
            .orders_per_s = number_in(in, "orders_per_s"),
            .failed = orders_in(object_in(in, "orders_now")).failed,
            .lost = number_in(in, "lost")};
}

shown_run run_in(const json& in) {
    const auto& stream = object_in(in, "stream");
    return {.place = place_in(in),
            .open = flag_in(in, "open"),
            .elapsed_s = number_in(in, "elapsed_s"),
            .killed_at_s = number_in(in, "killed_at_s"),
            .oldest_queued_s = number_in(in, "oldest_queued_s"),
            .orders = orders_in(object_in(in, "orders_now")),
            .service = percentiles_in(object_in(in, "service")),
            .response = percentiles_in(object_in(in, "response")),
            .stream_lag = number_in(stream, "lag"),
            .stream_pending = number_in(stream, "pending"),
            .oldest_pending_s = number_in(stream, "oldest_pending_s"),
            .processes = number_in(in, "processes"),
            .usage = usage_in(in),
            .services = list_in(in, "services", usage_in),
            .workers = list_in(in, "workers", worker_in)};
}

json parsed(std::string_view text) try { return json::parse(text); } catch (const json::exception& e) {
    throw setup_error("not JSON: " + one_line(e.what(), longest_shown_text));
}

}  // namespace

bool shown_place::is(const shown_place& other) const noexcept {
    const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    return pattern == other.pattern && scenario == other.scenario && warmup == other.warmup &&
           same(round, other.round) && same(run, other.run);
}

status_document parse_status(std::string_view text) {
    if (text.size() > longest_status) throw setup_error("longer than any status of pipebench");
    const auto in = parsed(text);
    if (!in.is_object()) throw setup_error("not a status of pipebench: not an object");
    if (!in.contains("pipebench") || !in.contains("phase"))
        throw setup_error("not a status of pipebench: it has no version, or no phase");
    const auto& run = object_in(in, "run");
    return {.command = text_in(in, "command"),
            .started_at = text_in(in, "started_at"),
            .phase = text_in(in, "phase"),
            .run = run.is_null() ? std::nullopt : std::optional(run_in(run)),
            .ended = list_in(in, "ended", end_in)};
}

}  // namespace pipebench
