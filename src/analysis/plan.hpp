// The order in which the alternatives of a session are run. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pipebench {

/// One list of indices 0..alternatives-1 per round. Each block of `alternatives` rounds is a Latin square: every
/// alternative has every position once, so that neither drift nor the effects of the run before favour any of them.
/// Each block is shuffled anew from the seed. The very first round is 0, 1, 2 ...
[[nodiscard]] std::vector<std::vector<std::size_t>> plan_rounds(std::size_t alternatives, std::uint64_t rounds,
                                                                std::uint64_t seed);

/// For at most 4 `alternatives`: each block is a shuffled list of all their orders (up to 24), so that each is
/// equally often in every position and after every other.
[[nodiscard]] std::vector<std::vector<std::size_t>> plan_all_orders(std::size_t alternatives, std::uint64_t rounds,
                                                                    std::uint64_t seed);

}  // namespace pipebench
