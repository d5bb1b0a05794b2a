// The orders of the mock API. Order n of a seed is the same on every machine, in every process and at every time, so
// a stored row can be checked without the API. Everything here is pure and keeps no state.
#pragma once

#include "pipebench/order.hpp"

#include <cstdint>

namespace pipebench {

/// There are no orders above this id: a double holds 10^15 exactly, and so does every JSON reader.
inline constexpr order_id max_order_id = 1'000'000'000'000'000;

/// Draws that depend only on a seed and a subject (random.hpp).
class dice {
public:
    dice(std::uint64_t seed, std::uint64_t subject) noexcept;

    std::uint64_t next() noexcept;
    std::uint64_t below(std::uint64_t limit) noexcept;  ///< 0..limit-1; its bias is under limit / 2^64
    double fraction() noexcept;                         ///< above 0, at most 1

private:
    std::uint64_t state_;
};

/// An order as people type it: mixed case and stray spaces in names, UTF-8, ship-to from 24 countries.
[[nodiscard]] order make_order(order_id id, std::uint64_t seed);
/// The same into existing memory, for a server that makes one order after another.
void make_order(order& into, order_id id, std::uint64_t seed);

}  // namespace pipebench
