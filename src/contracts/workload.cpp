#include "pipebench/workload.hpp"

#include "contracts/error.hpp"
#include "contracts/parameters.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace pipebench {

namespace {

constexpr duration shortest_cpu_cost = std::chrono::microseconds{1};
constexpr std::string_view threads_of = "threads:", processes_of = "processes:";  // of transform_place

}  // namespace

std::optional<cpu_cost> parse_cpu_cost(std::string_view text) {
    if (text == "none") return cpu_cost{};
    const auto colon = text.find(':');
    const auto mean = parse_duration(text.substr(0, colon));
    if (!mean || (*mean != duration{} && *mean < shortest_cpu_cost) || *mean > longest_cpu_cost) return std::nullopt;
    if (colon == std::string_view::npos) return cpu_cost{*mean};
    const auto spread = parse_jitter(text.substr(colon + 1));
    if (!spread || spread->kind != jitter::shape::lognormal || *mean == duration{}) return std::nullopt;
    return cpu_cost{*mean, spread->sigma};
}

std::string format_cpu_cost(const cpu_cost& c) {
    if (c.none()) return "none";
    return format_duration(c.mean) + (c.sigma > 0 ? fmt::format(":lognormal:{}", c.sigma) : "");
}

std::optional<transform_place> parse_transform_place(std::string_view text) {
    if (text == "loop") return transform_place{};
    for (const auto& [kind, in_processes] : {std::pair(threads_of, false), std::pair(processes_of, true)}) {
        if (!text.starts_with(kind)) continue;
        const auto count = parse_count(text.substr(kind.size()));
        if (!count || *count < 1 || *count > most_transform_threads) return std::nullopt;
        return transform_place{static_cast<unsigned>(*count), in_processes};
    }
    return std::nullopt;
}

std::string format_transform_place(const transform_place& p) {
    return p.threads == 0 ? "loop" : fmt::format("{}{}", p.in_processes ? processes_of : threads_of, p.threads);
}

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
    out = nlohmann::json::object();
    const workload usual;
    for (const parameter& p : parameters()) {
        nlohmann::json value, usual_value;
        p.value.save(w, value);
        if (p.left_out_at_default) p.value.save(usual, usual_value);
        if (!p.left_out_at_default || value != usual_value) out[p.key] = std::move(value);
    }
}

void from_json(const nlohmann::json& in, workload& w) {
    if (!in.is_object()) throw setup_error("the parameters of a run are not a JSON object");
    for (const parameter& p : parameters())
        if (!p.left_out_at_default || in.contains(p.key)) p.value.load(w, in, p.key);
}

}  // namespace pipebench
