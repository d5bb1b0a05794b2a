// The answer of a search for the smallest size of each pattern (analysis/load_search.hpp): which of them is the
// cheapest, and where each search begins. Pure.
#pragma once

#include "analysis/load_search.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pipebench {

inline constexpr std::uint64_t largest_size = 10'000;  ///< of an option: --permits

/// What is known of the size of a pattern before a run.
struct size_bounds {
    std::uint64_t too_small = 0;            ///< cannot be stable: a utilisation of 1 or more
    std::optional<std::uint64_t> expected;  ///< by the formula (Erlang C); nullopt if it says nothing
    std::uint64_t first = 1;                ///< to try
};
/// `one`: the pattern at a size of 1. Its orders in flight are those of each unit of the size.
[[nodiscard]] size_bounds bounds_of(const forecast_terms& one);

/// User and system time over the time of the run.
[[nodiscard]] double cores_used(const run_result& run);

/// "50,000 orders/h"
[[nodiscard]] std::string describe_load(const arrival_rate& rate);

/// Of the patterns with an answer, the one with the smallest product of memory (PSS) and CPU; one without a size only
/// if there is no other. nullptr if none has an answer.
[[nodiscard]] const pattern_search* cheapest(const load_search_outcome& s);

/// "50,000 orders/h within p99<500ms: semaphore with 5 permits (0.02 cores, 6 MB)"
[[nodiscard]] std::string describe_cheapest(const load_search_outcome& s);

/// Why a pattern has no answer, or what half of the answer came to; empty if there is nothing to say.
[[nodiscard]] std::string describe_size(const pattern_search& p);

}  // namespace pipebench
