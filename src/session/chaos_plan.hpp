// Which process --chaos kills during a run, and when: kill-worker@50%. incidents.cpp carries it out.
#pragma once

#include "pipebench/result.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// Targets of --chaos: a worker (the run itself if it has no workers), the run, the throwaway servers, and a host with
/// workers that have joined, which a command of the user's kills. A killed run is restarted; Redis comes back empty,
/// PostgreSQL with all committed rows.
inline constexpr std::array chaos_targets{kill_target::worker, kill_target::run, kill_target::redis,
                                          kill_target::postgres, kill_target::host};

struct chaos_plan {
    kill_target target = kill_target::none;
    double at = 0.5;        ///< share of the orders that have ended
    std::string command{};  ///< kills the host: the user's, for /bin/sh
};

/// Parses "kill-worker@50%" or "kill-run@0.5"; without '@', at 50 %. nullopt for other text.
[[nodiscard]] std::optional<chaos_plan> parse_chaos(std::string_view text);
[[nodiscard]] std::string format_chaos(const chaos_plan& plan);  ///< empty if there is no kill

}  // namespace pipebench
