// What is killed amid a run, and when: --chaos kill-worker@50%. What that does to the run and its servers is in
// incidents.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

enum class kill_target : std::uint8_t {
    none,
    worker,    ///< one worker process of the run; the run itself where it has none, which is then started again
    run,       ///< the run with all it started; it is started again, as an operator would
    redis,     ///< our throwaway Redis, which comes back empty
    postgres,  ///< our throwaway PostgreSQL, which comes back with what was committed
};
[[nodiscard]] std::string_view name_of(kill_target t) noexcept;

struct chaos_plan {
    kill_target target = kill_target::none;
    double at = 0.5;  ///< share of the orders that have ended
};

/// "kill-worker@50%", "kill-run@0.5"; without '@', at 50 %. Nothing for anything else.
[[nodiscard]] std::optional<chaos_plan> parse_chaos(std::string_view text);
[[nodiscard]] std::string format_chaos(const chaos_plan& plan);  ///< empty for none

}  // namespace pipebench
