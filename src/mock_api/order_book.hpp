// The orders of the mock API: order n of a seed is the same on every box, in every process and at every time,
// so a stored row can be checked without asking anybody. Everything here is pure and keeps no state.
#pragma once

#include "pipebench/order.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

/// Ids above this are no orders of ours: 10^15 still fits a double, and so every JSON reader.
inline constexpr order_id max_order_id = 1'000'000'000'000'000;

/// Draws that follow from a seed and a subject alone (random.hpp).
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
/// The same into memory that is already there: for a server that makes one after another.
void make_order(order& into, order_id id, std::uint64_t seed);

/// Appends the compact JSON of docs/order.schema.json: 280 to 700 bytes for an order of make_order. Allocates
/// only where `out` must grow. Text must be UTF-8; it is escaped, not checked.
void append_json(std::string& out, const order& o);

}  // namespace pipebench
