#include "analysis/mismatch.hpp"

#include "analysis/metrics.hpp"
#include "contracts/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace pipebench {
namespace {

constexpr double memory_tolerance = 0.02;  // the kernel's own share changes from boot to boot

using differences = std::vector<difference>;

void add(differences& out, std::string field, const std::string& base, const std::string& head) {
    if (base != head) out.push_back({std::move(field), base, head});
}

const container_limits no_container{std::numeric_limits<double>::quiet_NaN(), {}, {}};

std::string text_of(double limit) { return std::isfinite(limit) ? fmt::format("{:.4g}", limit) : "no limit"; }
std::string text_of(const std::optional<std::uint64_t>& limit) { return limit ? std::to_string(*limit) : "no limit"; }

void add_box(differences& out, const box_info& base, const box_info& head) {
    add(out, "box.host_os", base.host_os, head.host_os);
    add(out, "box.kernel", base.kernel, head.kernel);
    add(out, "box.cpu_model", base.cpu_model, head.cpu_model);
    add(out, "box.governor", base.governor, head.governor);
    add(out, "box.virtualization", base.virtualization, head.virtualization);
    add(out, "box.cores", std::to_string(base.cores), std::to_string(head.cores));
    const auto limits_base = base.container.value_or(no_container),
               limits_head = head.container.value_or(no_container);
    add(out, "box.container.cores", text_of(limits_base.cores), text_of(limits_head.cores));
    add(out, "box.container.memory_bytes", text_of(limits_base.memory_bytes), text_of(limits_head.memory_bytes));
    add(out, "box.container.processes", text_of(limits_base.processes), text_of(limits_head.processes));
    const auto [less, more] =
        std::minmax({static_cast<double>(base.memory_bytes), static_cast<double>(head.memory_bytes)});
    if (more - less > memory_tolerance * more)
        add(out, "box.memory_bytes", std::to_string(base.memory_bytes), std::to_string(head.memory_bytes));
}

std::string value_at(const nlohmann::json& object, const std::string& key) {
    if (!object.is_object() || !object.contains(key)) return std::string(absent);
    const auto& value = object[key];
    if (value.is_string()) return value.get<std::string>();
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void add_parameters(differences& out, const nlohmann::json& base, const nlohmann::json& head) {
    std::set<std::string> keys;
    for (const auto* side : {&base, &head})
        if (side->is_object())
            for (const auto& [key, value] : side->items()) keys.insert(key);
    for (const auto& key : keys) add(out, "parameters." + key, value_at(base, key), value_at(head, key));
}

const server_info* find_server(const session_result& r, std::string_view name) {
    const auto at = std::find_if(r.servers.begin(), r.servers.end(), [&](const auto& s) { return s.name == name; });
    return at == r.servers.end() ? nullptr : &*at;
}

/// Who started the server. Its address may differ.
std::string kind_of(const server_info& s) { return s.origin == "throwaway" ? s.origin : "the user's"; }

/// A server that is part of pipebench shares its version, which may differ.
std::string version_of(const server_info& s, const session_result& r) {
    return s.version == r.build.version ? "as pipebench" : s.version;
}

/// A mock API is named where it was the target, but not by a pipebench that did not know it for one.
bool may_be_absent(const server_info& s) { return s.name == name_of(service::mock_api); }

void add_servers(differences& out, const session_result& base, const session_result& head) {
    for (const auto& b : base.servers) {
        const auto* h = find_server(head, b.name);
        if (h == nullptr) {
            if (!may_be_absent(b)) out.push_back({"servers." + b.name, "there", std::string(absent)});
            continue;
        }
        add(out, "servers." + b.name + ".version", version_of(b, base), version_of(*h, head));
        add(out, "servers." + b.name + ".origin", kind_of(b), kind_of(*h));
        add(out, "servers." + b.name + ".settings", b.settings, h->settings);
    }
    for (const auto& h : head.servers)
        if (find_server(base, h.name) == nullptr && !may_be_absent(h))
            out.push_back({"servers." + h.name, std::string(absent), "there"});
}

std::vector<std::string> without(std::vector<std::string> all, const std::vector<std::string>& others) {
    std::erase_if(all, [&](const auto& one) { return std::find(others.begin(), others.end(), one) != others.end(); });
    std::sort(all.begin(), all.end());
    return all;
}

std::string also(const std::vector<std::string>& more) {
    return more.empty() ? "those in common" : fmt::format("also {}", fmt::join(more, ", "));
}

void add_patterns(differences& out, const session_result& base, const session_result& head) {
    const auto in_base = patterns_in(base), in_head = patterns_in(head);
    add(out, "patterns", also(without(in_base, in_head)), also(without(in_head, in_base)));
}

}  // namespace

std::string describe(const difference& d, std::size_t limit) {
    const auto shown = [&](const std::string& value) { return value.empty() ? "nothing" : printable(value, limit); };
    return fmt::format("{}: {} against {}", printable(d.field, limit), shown(d.base), shown(d.head));
}

std::vector<difference> mismatches(const session_result& base, const session_result& head) {
    differences out;
    add_patterns(out, base, head);
    add_box(out, base.box, head.box);
    add(out, "profile", base.profile, head.profile);
    add_parameters(out, base.parameters, head.parameters);
    add(out, "build.type", base.build.type, head.build.type);
    add(out, "build.sanitizers", base.build.sanitizers, head.build.sanitizers);
    add_servers(out, base, head);
    return out;
}

std::vector<difference> version_differences(const session_result& base, const session_result& head) {
    differences out;
    add(out, "build.version", base.build.version, head.build.version);
    add(out, "build.compiler", base.build.compiler, head.build.compiler);
    return out;
}

}  // namespace pipebench
