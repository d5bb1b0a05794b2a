// Transforms an order into its row. Pure: the same order gives the same row on any machine.
#pragma once

#include "pipebench/order.hpp"

#include <string>
#include <string_view>

namespace pipebench {

/// The order must be within the bounds of order_parser.hpp, so that sums cannot overflow.
[[nodiscard]] order_row transform(const order& o);

/// Over every other field of the row: FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
[[nodiscard]] std::int64_t checksum_of(const order_row& row);

/// Single spaces, none at the ends, ASCII words capitalised; other UTF-8 stays as it is.
[[nodiscard]] std::string normalised_name(std::string_view typed);

/// EMEA, APAC, AMER or OTHER, from an ISO 3166-1 alpha-2 code.
[[nodiscard]] std::string_view region_of(std::string_view country);

}  // namespace pipebench
