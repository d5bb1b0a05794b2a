// An order as the API sends it, and the row it becomes. Money is in minor units (cents), weight in grams.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pipebench {

/// 1..N within a run. 0 is never an order.
using order_id = std::uint64_t;

struct order_line {
    std::string sku;
    std::int64_t quantity = 0;          ///< 1..max_quantity
    std::int64_t unit_price_minor = 0;  ///< 0..max_unit_price_minor
    std::int64_t weight_grams = 0;      ///< of one unit, 0..max_weight_grams
    bool operator==(const order_line&) const = default;
};

enum class service_level : std::uint8_t { economy, standard, express, same_day };

/// The answer of `GET /orders/{id}`; docs/order.schema.json is its schema.
struct order {
    order_id id = 0;
    std::string customer;                         ///< as typed by a person: case and spaces vary
    std::string street, postcode, city, country;  ///< ship-to; country is ISO 3166-1 alpha-2
    service_level service = service_level::standard;
    std::string currency;  ///< ISO 4217, three capital letters
    std::vector<order_line> lines;
    std::chrono::sys_seconds created_at{};
    bool operator==(const order&) const = default;
};

/// One row of the orders table: a pure function of an order.
struct order_row {
    order_id id = 0;
    std::string customer;  ///< normalised: single spaces, capitalised words
    std::string region;    ///< from the ship-to country: EMEA, APAC, AMER or OTHER
    std::string currency;
    std::int64_t item_count = 0;
    std::int64_t total_minor = 0;
    std::int64_t weight_grams = 0;
    std::string promised_on;    ///< delivery date, YYYY-MM-DD
    std::string line_totals;    ///< per line, in minor units, as PostgreSQL writes an array: {1999,350}
    std::int64_t checksum = 0;  ///< of every field above
    bool operator==(const order_row&) const = default;
};

}  // namespace pipebench
