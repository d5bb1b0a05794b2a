// Parses foreign bytes into an order. docs/order.schema.json is the schema.
#pragma once

#include "pipebench/order.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

inline constexpr std::size_t max_json_depth = 32;
inline constexpr std::size_t max_lines = 100;
inline constexpr std::size_t max_text = 200;  ///< bytes of any one text
inline constexpr std::int64_t max_quantity = 10'000;
inline constexpr std::int64_t max_unit_price_minor = 100'000'000;
inline constexpr std::int64_t max_weight_grams = 10'000'000;

/// Memory that is reused from order to order. Its owner lends it for one call at a time.
struct order_scratch {
    order parsed;
    std::string text, key;  ///< the parts read so far of a text or key with escapes
};

/// Reads an order into `scratch.parsed`, replacing its contents. False if the bytes are not JSON (RFC 8259, UTF-8),
/// nested too deeply, not an order, or out of bounds; `parsed` is then unspecified. Unknown members are skipped; the
/// last of two equal members counts. Never throws for foreign input.
[[nodiscard]] bool parse_order(std::string_view json_text, order_scratch& scratch);
[[nodiscard]] std::optional<order> parse_order(std::string_view json_text);

}  // namespace pipebench
