#include "contracts/session_cards.hpp"

#include "contracts/error.hpp"
#include "contracts/named.hpp"
#include "contracts/parameters.hpp"
#include "contracts/random_id.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace pipebench {
namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 40;
constexpr std::size_t longest_identifier = 63;  ///< PostgreSQL's
constexpr std::size_t longest_text = 120;       ///< of a host, a kernel, a version
constexpr std::uint64_t largest_count = 1'000'000'000'000;
constexpr double largest_number = 1e12;
constexpr std::size_t longest_card = 64 * 1024;
constexpr int deepest = 16;

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[noreturn]] void refuse(const char* member) {
    throw setup_error(fmt::format("'{}' is none that pipebench writes", member));
}

std::uint64_t count_at(const json& in, const char* member) {
    const auto& value = in.at(member);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > largest_count) refuse(member);
    return value.get<std::uint64_t>();
}

double number_at(const json& in, const char* member) {
    const auto number = in.at(member).get<double>();
    if (!(number >= 0 && number <= largest_number)) refuse(member);
    return number;
}

/// null: not known.
double known_number_at(const json& in, const char* member) {
    return in.at(member).is_null() ? std::numeric_limits<double>::quiet_NaN() : number_at(in, member);
}

known_bytes bytes_at(const json& in, const char* member) {
    if (in.at(member).is_null()) return {};
    return count_at(in, member);
}

json number_or_null(double number) { return std::isfinite(number) ? json(number) : json(); }
json bytes_or_null(const known_bytes& bytes) { return bytes ? json(*bytes) : json(); }

/// For display: other characters are shown as their codes.
std::string text_at(const json& in, const char* member) {
    return printable(in.at(member).get<std::string>(), longest_text);
}

/// Goes into SQL, or into the name of a key.
std::string identifier_at(const json& in, const char* member) {
    const auto text = in.at(member).get<std::string>();
    const auto fits = [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == ':' || c == '-'; };
    if (text.size() > longest_identifier || !std::all_of(text.begin(), text.end(), fits)) refuse(member);
    return text;
}

std::string instance_at(const json& in, const char* member) {
    const auto text = in.at(member).get<std::string>();
    if (!is_instance_id(text)) refuse(member);
    return text;
}

/// What is read from JSON may have a wider range than the options: here it is foreign.
workload work_at(const json& in, const char* member) {
    auto out = in.at(member).get<workload>();
    const workload usual;  // not every default can be typed
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        const auto text = p.value.format(out);
        if (text != p.value.format(usual)) p.value.parse(out, text);
    }
    return out;
}

template <class Phase>
Phase phase_at(const json& in, std::size_t count) {
    const auto phase = named<Phase>(in.at("phase").get<std::string>(), count);
    if (!phase) refuse("phase");
    return *phase;
}

json parsed(std::string_view text) {
    if (text.size() > longest_card) throw setup_error("it is longer than any that pipebench writes");
    const auto shallow = [](int depth, json::parse_event_t, json&) {
        if (depth > deepest) throw setup_error("it is nested too deeply");
        return true;
    };
    auto in = json::parse(text, shallow, false);
    if (!in.is_object()) throw setup_error("it is not JSON");
    if (in.at("protocol") != join_protocol)
        throw setup_error(fmt::format("its protocol is {}, and this pipebench has {}: use one version everywhere",
                                      printable(in.at("protocol").dump(), 20), join_protocol));
    return in;
}

/// Every failure of `read` as a setup_error.
template <class Read>
auto checked(const char* what, Read read) try {
    return read();
} catch (const json::exception&) {
    throw setup_error(fmt::format("{} in Redis: a value is missing, or of another kind", what));
} catch (const setup_error& e) {
    throw setup_error(fmt::format("{} in Redis: {}", what, e.what()));
}

}  // namespace

bool is_session_name(std::string_view name) noexcept {
    const auto fits = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
    return !name.empty() && name.size() <= longest_name && is_lower(name.front()) &&
           std::all_of(name.begin(), name.end(), fits);
}

std::string_view name_of(session_phase p) noexcept {
    static constexpr std::array<std::string_view, session_phase_count> names{"waiting", "running", "between"};
    return names[static_cast<std::size_t>(p)];
}

std::string_view name_of(worker_phase p) noexcept {
    static constexpr std::array<std::string_view, worker_phase_count> names{"joined", "working", "drained",
                                                                            "signed off", "gave up"};
    return names[static_cast<std::size_t>(p)];
}

std::string to_text(const session_card& card) {
    const json out{{"protocol", join_protocol}, {"version", card.version},
                   {"session", card.session},   {"phase", name_of(card.phase)},
                   {"run", card.run},           {"work", card.work},
                   {"schema", card.schema},     {"table", card.table},
                   {"stream", card.stream},     {"transform_rounds_per_us", card.transform_rounds_per_us}};
    return out.dump();
}

std::string to_text(const worker_card& card) {
    const json out{{"protocol", join_protocol},
                   {"instance", card.instance},
                   {"session", card.session},
                   {"host", card.host},
                   {"kernel", card.kernel},
                   {"version", card.version},
                   {"pid", card.pid},
                   {"cores", card.cores},
                   {"processes", card.processes},
                   {"workers", card.workers},
                   {"in_flight_limit", card.in_flight_limit},
                   {"phase", name_of(card.phase)},
                   {"beat", card.beat},
                   {"run", card.run},
                   {"ended", card.ended},
                   {"in_hand", card.in_hand},
                   {"retries", card.retries},
                   {"refused_retries", card.refused_retries},
                   {"cpu_user_s", card.cpu_user_s},
                   {"cpu_system_s", card.cpu_system_s},
                   {"peak_rss_bytes", bytes_or_null(card.peak_rss_bytes)},
                   {"peak_pss_bytes", bytes_or_null(card.peak_pss_bytes)},
                   {"loop_lag_p99_ms", number_or_null(card.loop_lag_p99_ms)},
                   {"clock_s", card.clock_s}};
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

session_card parse_session_card(std::string_view json_text) {
    return checked("the session's card", [&] {
        const auto in = parsed(json_text);
        session_card out;
        out.version = text_at(in, "version");
        out.session = instance_at(in, "session");
        out.phase = phase_at<session_phase>(in, session_phase_count);
        out.run = count_at(in, "run");
        out.work = work_at(in, "work");
        out.schema = identifier_at(in, "schema");
        if (!out.schema.starts_with("pipebench_")) refuse("schema");
        out.table = identifier_at(in, "table");
        out.stream = identifier_at(in, "stream");
        if (!out.stream.empty() && !out.stream.starts_with("pipebench:")) refuse("stream");
        out.transform_rounds_per_us = number_at(in, "transform_rounds_per_us");
        return out;
    });
}

worker_card parse_worker_card(std::string_view json_text) {
    return checked("the card of a worker", [&] {
        const auto in = parsed(json_text);
        worker_card out;
        out.instance = instance_at(in, "instance");
        out.session = instance_at(in, "session");
        out.host = text_at(in, "host");
        out.kernel = text_at(in, "kernel");
        out.version = text_at(in, "version");
        out.pid = count_at(in, "pid");
        out.cores = count_at(in, "cores");
        out.processes = count_at(in, "processes");
        out.workers = count_at(in, "workers");
        out.in_flight_limit = count_at(in, "in_flight_limit");
        out.phase = phase_at<worker_phase>(in, worker_phase_count);
        out.beat = count_at(in, "beat");
        out.run = count_at(in, "run");
        out.ended = count_at(in, "ended");
        out.in_hand = count_at(in, "in_hand");
        out.retries = count_at(in, "retries");
        out.refused_retries = count_at(in, "refused_retries");
        out.cpu_user_s = number_at(in, "cpu_user_s");
        out.cpu_system_s = number_at(in, "cpu_system_s");
        out.peak_rss_bytes = bytes_at(in, "peak_rss_bytes");
        out.peak_pss_bytes = bytes_at(in, "peak_pss_bytes");
        out.loop_lag_p99_ms = known_number_at(in, "loop_lag_p99_ms");
        out.clock_s = number_at(in, "clock_s");
        return out;
    });
}

std::string new_instance_id() { return random_hexadecimal<std::uint64_t>(); }

bool is_instance_id(std::string_view text) noexcept {
    const auto fits = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    return text.size() == 16 && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace pipebench
