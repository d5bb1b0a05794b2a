// The orders of the mock API. Order n of a seed is the same on every machine, in every process and at every time, so
// a stored row can be checked without the API. Everything here is pure and keeps no state.
#pragma once

#include "contracts/dice.hpp"
#include "pipebench/order.hpp"

#include <cstdint>

namespace pipebench {

/// There are no orders above this id: a double holds 10^15 exactly, and so does every JSON reader.
inline constexpr order_id max_order_id = 1'000'000'000'000'000;

/// An order as people type it: mixed case and stray spaces in names, UTF-8, ship-to from 24 countries.
[[nodiscard]] order make_order(order_id id, std::uint64_t seed);
/// The same into existing memory, for a server that makes one order after another.
void make_order(order& into, order_id id, std::uint64_t seed);

}  // namespace pipebench
