#include "session/chaos.hpp"

#include "contracts/units.hpp"

#include <fmt/format.h>

#include <array>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 5> names{"none", "worker", "run", "redis", "postgres"};

}  // namespace

std::string_view name_of(kill_target t) noexcept { return names[static_cast<std::size_t>(t)]; }

std::optional<chaos_plan> parse_chaos(std::string_view text) {
    constexpr std::string_view verb = "kill-";
    if (!text.starts_with(verb)) return std::nullopt;
    text.remove_prefix(verb.size());
    chaos_plan plan;
    const auto at = text.find('@');
    if (at != std::string_view::npos) {
        const auto share = parse_share(text.substr(at + 1));
        if (!share || *share == 1) return std::nullopt;  // there is nothing left to kill then
        plan.at = *share;
    }
    for (std::size_t i = 1; i < names.size(); ++i)
        if (text.substr(0, at) == names[i]) plan.target = static_cast<kill_target>(i);
    return plan.target == kill_target::none ? std::nullopt : std::optional(plan);
}

std::string format_chaos(const chaos_plan& plan) {
    return plan.target == kill_target::none ? "" : fmt::format("kill-{}@{:g}%", name_of(plan.target), 100 * plan.at);
}

}  // namespace pipebench
