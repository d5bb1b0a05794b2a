#include "contracts/scenario.hpp"

#include "contracts/error.hpp"
#include "contracts/scenario_files.hpp"
#include "contracts/suggestion.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>

namespace pipebench {
namespace {

using json = nlohmann::json;

constexpr std::array<std::string_view, fault_kind_count> fault_names{
    "status",      "reset",    "truncated", "slow",     "black-hole", "drip",        "huge-body",   "endless-body",
    "huge-header", "not-json", "deep-json", "nul-byte", "bad-utf8",   "huge-number", "wrong-order", "wrong-content"};

constexpr int max_depth = 8;
constexpr std::size_t max_faults = 32, max_poison = 1000, max_text = 200;
constexpr std::uint64_t max_per_second = 10'000'000;

[[noreturn]] void refuse(std::string_view key, std::string_view expected) {
    throw setup_error(fmt::format("\"{}\" must be {}", key, expected));
}

std::string text_of(const json& in, std::string_view key) {
    if (!in.is_string()) refuse(key, "a text");
    auto text = in.get<std::string>();
    if (text.empty() || text.size() > max_text) refuse(key, fmt::format("a text of 1 to {} bytes", max_text));
    return text;
}

duration time_of(const json& in, std::string_view key) {
    const auto d = in.is_string() ? parse_duration(in.get<std::string>()) : std::nullopt;
    if (!d) refuse(key, "a duration with a unit, such as \"100ms\"");
    return *d;
}

std::chrono::seconds seconds_of(const json& in, std::string_view key) {
    const auto d = time_of(in, key);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(d);
    if (whole != d || whole.count() == 0) refuse(key, "whole seconds, such as \"1s\": HTTP has no shorter times");
    return whole;
}

double share_of(const json& in, std::string_view key) {
    if (!in.is_number() || !(in.get<double>() >= 0 && in.get<double>() <= 1)) refuse(key, "a share from 0 to 1");
    return in.get<double>();
}

std::uint64_t count_of(const json& in, std::string_view key, std::uint64_t lowest, std::uint64_t highest) {
    const bool whole = in.is_number_unsigned();
    if (!whole || in.get<std::uint64_t>() < lowest || in.get<std::uint64_t>() > highest)
        refuse(key, fmt::format("a whole number from {} to {}", lowest, highest));
    return in.get<std::uint64_t>();
}

/// Calls the reader that is listed under the name of each member.
using reader = std::function<void(const json&)>;
void read_members(const json& in, std::string_view what, const std::map<std::string, reader>& readers) {
    if (!in.is_object()) refuse(what, "an object");
    std::vector<std::string> known;
    for (const auto& [name, read] : readers) known.push_back(name);
    for (const auto& [name, value] : in.items()) {
        const auto at = readers.find(name);
        if (at == readers.end()) throw setup_error(not_one_of(fmt::format("key of {}", what), name, known));
        at->second(value);
    }
}

fault_kind kind_of(const json& in) {
    const auto name = text_of(in, "kind");
    const auto at = std::find(fault_names.begin(), fault_names.end(), name);
    if (at == fault_names.end())
        throw setup_error(not_one_of("kind of fault", name, {fault_names.begin(), fault_names.end()}));
    return static_cast<fault_kind>(at - fault_names.begin());
}

fault read_fault(const json& in) {
    fault f;
    read_members(
        in, "a fault",
        {{"kind", [&](const json& v) { f.kind = kind_of(v); }},
         {"share", [&](const json& v) { f.share = share_of(v, "share"); }},
         {"first_attempts",
          [&](const json& v) { f.first_attempts = static_cast<unsigned>(count_of(v, "first_attempts", 1, 100)); }},
         {"status", [&](const json& v) { f.status = static_cast<unsigned>(count_of(v, "status", 400, 599)); }},
         {"retry_after", [&](const json& v) { f.retry_after = seconds_of(v, "retry_after"); }},
         {"time", [&](const json& v) { f.time = time_of(v, "time"); }}});
    if (!in.contains("kind")) refuse("kind", "there in every fault");
    const bool needs_time = f.kind == fault_kind::slow || f.kind == fault_kind::drip;
    if (needs_time && f.time == duration{}) refuse("time", "set for slow and drip");
    return f;
}

std::vector<fault> read_faults(const json& in) {
    if (!in.is_array() || in.size() > max_faults) refuse("faults", fmt::format("a list of at most {}", max_faults));
    std::vector<fault> out;
    double sum = 0;
    for (const auto& one : in) sum += out.emplace_back(read_fault(one)).share;
    if (sum > 1 + 1e-9) refuse("faults", "of shares that add up to 1 at most");
    return out;
}

throttle read_throttle(const json& in) {
    throttle t;
    read_members(in, "throttle",
                 {{"concurrent", [&](const json& v) { t.concurrent = count_of(v, "concurrent", 1, 1'000'000); }},
                  {"per_second", [&](const json& v) { t.per_second = count_of(v, "per_second", 1, max_per_second); }},
                  {"retry_after", [&](const json& v) { t.retry_after = seconds_of(v, "retry_after"); }}});
    return t;
}

outage read_outage(const json& in) {
    outage o;
    read_members(in, "outage",
                 {{"at", [&](const json& v) { o.at = share_of(v, "at"); }},
                  {"time", [&](const json& v) { o.time = time_of(v, "time"); }}});
    return o;
}

api_trouble read_api(const json& in) {
    api_trouble t;
    read_members(in, "api",
                 {{"faults", [&](const json& v) { t.faults = read_faults(v); }},
                  {"throttle", [&](const json& v) { t.limits = read_throttle(v); }},
                  {"outage", [&](const json& v) { t.down = read_outage(v); }}});
    return t;
}

database_trouble read_database(const json& in) {
    database_trouble t;
    read_members(in, "database",
                 {{"latency", [&](const json& v) { t.latency = time_of(v, "latency"); }},
                  {"terminate_at", [&](const json& v) { t.terminate_at = share_of(v, "terminate_at"); }}});
    return t;
}

std::vector<order_id> read_poison(const json& in) {
    if (!in.is_array() || in.size() > max_poison)
        refuse("poison", fmt::format("a list of at most {} orders", max_poison));
    std::vector<order_id> out;
    for (const auto& id : in) out.push_back(count_of(id, "poison", 1, 10'000'000));
    return out;
}

/// Restricted, because the name becomes part of file names, table names and JSON keys.
std::string name_in(const json& in) {
    auto name = text_of(in, "name");
    const auto simple = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (name.size() > 40 || !std::all_of(name.begin(), name.end(), simple))
        refuse("name", "at most 40 of a-z, 0-9 and '-'");
    return name;
}

scenario read_scenario(const json& in) {
    scenario s;
    read_members(in, "a scenario",
                 {{"name", [&](const json& v) { s.name = name_in(v); }},
                  {"summary", [&](const json& v) { s.summary = text_of(v, "summary"); }},
                  {"api", [&](const json& v) { s.api = read_api(v); }},
                  {"database", [&](const json& v) { s.database = read_database(v); }},
                  {"poison", [&](const json& v) { s.poison = read_poison(v); }}});
    if (s.name.empty()) refuse("name", "there");
    return s;
}

scenario scenario_from_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(max_scenario_bytes + 1, '\0');
    if (!in || in.peek() == std::ifstream::traits_type::eof())
        throw setup_error(fmt::format("--scenario: cannot read {}", printable(path, 200)));
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto out = parse_scenario(text, "--scenario: " + printable(path, 200));
    out.source = path;
    return out;
}

}  // namespace

std::string_view name_of(fault_kind k) noexcept { return fault_names[static_cast<std::size_t>(k)]; }

scenario parse_scenario(std::string_view json_text, std::string_view origin) try {
    if (json_text.size() > max_scenario_bytes)
        throw setup_error(fmt::format("more than {} bytes", max_scenario_bytes));
    const auto shallow = [](int depth, json::parse_event_t, json&) {
        if (depth > max_depth) throw setup_error("nested too deeply");
        return true;
    };
    return read_scenario(json::parse(json_text, shallow));
} catch (const setup_error& e) {
    throw setup_error(fmt::format("{}: {}", origin, e.what()));
} catch (const json::exception& e) {
    throw setup_error(fmt::format("{}: {}", origin, one_line(e.what(), 160)));
}

std::span<const scenario> scenarios() {
    static const auto all = [] {
        std::vector<scenario> out;
        for (const auto& file : scenario_files) {
            auto& added = out.emplace_back(parse_scenario(file, "a built-in scenario"));
            added.source = added.name;
        }
        return out;
    }();
    return all;
}

scenario find_scenario(const std::string& name_or_file) {
    if (name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".json"))
        return scenario_from_file(name_or_file);
    std::vector<std::string> known;
    for (const scenario& s : scenarios()) {
        if (s.name == name_or_file) return s;
        known.push_back(s.name);
    }
    throw setup_error("--scenario: " + not_one_of("scenario", printable(name_or_file, 60), known));
}

}  // namespace pipebench
