// In which order the alternatives of a session take turns. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pipebench {

/// One list of indices 0..alternatives-1 a round. Each block of `alternatives` rounds is a Latin square: every
/// alternative stands once in every position, so that what drifts with time, or is left by the run before, favours
/// none. Rows, columns and names are drawn anew for each block, from the seed. The first round of all is 0, 1, 2 ...
[[nodiscard]] std::vector<std::vector<std::size_t>> plan_rounds(std::size_t alternatives, std::uint64_t rounds,
                                                                std::uint64_t seed);

/// The same for few alternatives: each block holds every order of them once, shuffled, so that each stands equally
/// often in every position and behind every other. `alternatives`: at most 4 (24 orders).
[[nodiscard]] std::vector<std::vector<std::size_t>> plan_all_orders(std::size_t alternatives, std::uint64_t rounds,
                                                                    std::uint64_t seed);

}  // namespace pipebench
