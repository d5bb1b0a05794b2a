#include "metrics/live_messages.hpp"

#include "contracts/described.hpp"
#include "contracts/error.hpp"
#include "contracts/named.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

namespace pipebench {

BOOST_DESCRIBE_STRUCT(session_opening, (), (command, started_at))
BOOST_DESCRIBE_STRUCT(run_opening, (),
                      (pattern, scenario, round, rounds, run, of, warmup, is_part, floor_s, in_flight_limit, work))
BOOST_DESCRIBE_STRUCT(stream_depth, (), (lag, pending, oldest_pending_s))
BOOST_DESCRIBE_STRUCT(service_glance, (), (name, cpu_s, rss_bytes, pss_bytes))
BOOST_DESCRIBE_STRUCT(run_glance, (),
                      (rss_bytes, number, cpu_s, pss_bytes, processes, begins_known, stream, services, workers,
                       workers_present, workers_missing, in_hand))
BOOST_DESCRIBE_STRUCT(run_closing, (),
                      (verdict, time_s, orders_per_s, cpu_s, harness_cpu_s, services, ledger_checked, lost, corrupt,
                       unexpected))
namespace {

using nlohmann::json;

constexpr std::array<const char*, std::variant_size_v<live_message>> kinds{"session", "begin", "look", "end"};

/// A number that is not finite is not known: null, which JSON makes of it by itself.
template <class Type>
json written(const Type& value) {
    if constexpr (described<Type>) {
        auto out = json::object();
        for_each_field<Type>([&](const char* name, auto field) { out[name] = written(value.*field); });
        return out;
    } else if constexpr (is_list<Type>) {
        auto out = json::array();
        for (const auto& element : value) out.push_back(written(element));
        return out;
    } else if constexpr (is_optional<Type>) {
        return value ? json(*value) : json();
    } else if constexpr (std::is_enum_v<Type>) {
        return name_of(value);
    } else {
        return value;
    }
}

template <class Type>
void read(const json& in, Type& out) {
    if constexpr (described<Type>) {
        for_each_field<Type>([&](const char* name, auto field) { read(in.at(name), out.*field); });
    } else if constexpr (is_list<Type>) {
        for (const auto& element : in) read(element, out.emplace_back());
    } else if constexpr (is_optional<Type>) {
        if (!in.is_null()) read(in, out.emplace());
    } else if constexpr (std::is_enum_v<Type>) {
        const auto value = named<Type>(in.template get<std::string>(), count_of<Type>);
        if (!value) throw setup_error("no such name");
        out = *value;
    } else if constexpr (std::is_same_v<Type, double>) {
        out = in.is_null() ? std::numeric_limits<double>::quiet_NaN() : in.template get<double>();
    } else {
        in.get_to(out);
    }
}

template <std::size_t kind = 0>
live_message message_in(const json& in) {
    if constexpr (kind == kinds.size()) {
        throw setup_error("no such kind of message");
    } else {
        if (!in.contains(kinds[kind])) return message_in<kind + 1>(in);
        std::variant_alternative_t<kind, live_message> out;
        read(in.at(kinds[kind]), out);
        return out;
    }
}

}  // namespace

std::string to_text(const live_message& m) {
    json out;
    std::visit([&](const auto& part) { out[kinds[m.index()]] = written(part); }, m);
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

live_message parse_live_message(std::string_view text) try {
    return message_in(json::parse(text));
} catch (const json::exception& e) {
    throw setup_error(std::string("a message of the session: ") + e.what());
}

}  // namespace pipebench
