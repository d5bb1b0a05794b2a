// Renders orders as the JSON that the mock API sends.
#pragma once

#include "pipebench/order.hpp"

#include <string>

namespace pipebench {

/// Appends the compact JSON of docs/order.schema.json: 280 to 700 bytes for an order of make_order(). Allocates only
/// if `out` must grow. Text must be UTF-8; it is escaped and not checked.
void append_json(std::string& out, const order& o);

}  // namespace pipebench
