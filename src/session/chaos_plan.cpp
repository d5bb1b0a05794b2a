#include "session/chaos_plan.hpp"

#include "contracts/units.hpp"

#include <fmt/format.h>

namespace pipebench {

std::optional<chaos_plan> parse_chaos(std::string_view text) {
    constexpr std::string_view verb = "kill-";
    if (!text.starts_with(verb)) return std::nullopt;
    text.remove_prefix(verb.size());
    chaos_plan plan;
    const auto at = text.find('@');
    if (at != std::string_view::npos) {
        const auto share = parse_share(text.substr(at + 1));
        if (!share || *share == 1) return std::nullopt;  // at 100 % there is nothing left to kill
        plan.at = *share;
    }
    for (const auto target : chaos_targets)
        if (text.substr(0, at) == name_of(target)) plan.target = target;
    return plan.target == kill_target::none ? std::nullopt : std::optional(plan);
}

std::string format_chaos(const chaos_plan& plan) {
    return plan.target == kill_target::none ? "" : fmt::format("kill-{}@{:g}%", name_of(plan.target), 100 * plan.at);
}

}  // namespace pipebench
