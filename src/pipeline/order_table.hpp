// The orders table: its SQL, the same for every driver, and the parameters of one row.
#pragma once

#include "pipebench/order.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// [a-z_][a-z0-9_]{0,62}: what we accept as a name of a schema or table, so that quoting cannot go wrong.
[[nodiscard]] bool is_identifier(std::string_view name) noexcept;

struct table_name {
    std::string schema, table;  ///< identifiers, as above
    [[nodiscard]] std::string quoted() const { return '"' + schema + "\".\"" + table + '"'; }
};

[[nodiscard]] std::string create_table_sql(const table_name& name);

/// One idempotent INSERT: a second delivery of an order changes nothing but its count of deliveries.
[[nodiscard]] std::string insert_sql(const table_name& name);
/// The same for many rows at once: each parameter is an array of one column's values. No order may be in it twice.
[[nodiscard]] std::string batch_insert_sql(const table_name& name);
inline constexpr const char* insert_statement = "pipebench_insert";  ///< their names when prepared
inline constexpr const char* batch_insert_statement = "pipebench_insert_batch";
inline constexpr std::size_t insert_parameters = 10;  ///< of either

/// The row as text parameters, in the order of insert_sql. The pointers live as long as this does, and as long
/// as the row.
class row_parameters {
public:
    explicit row_parameters(const order_row& row);
    row_parameters(const row_parameters&) = delete;
    row_parameters& operator=(const row_parameters&) = delete;
    [[nodiscard]] const std::array<const char*, insert_parameters>& values() const noexcept { return values_; }

private:
    std::array<const char*, insert_parameters> values_{};
    std::array<std::array<char, 24>, 5> numbers_{};
};

/// How rows become statements, for the blocking and the awaitable store alike.
struct store_settings {
    unsigned connections = 8;        ///< at the most; a blocking store opens them when they are needed
    std::size_t rows_per_write = 1;  ///< rows that wait at the same moment and share a statement, at the most

    /// Whether rows that wait are to go at once, over one connection more. Not while more of them are being written than
    /// wait: so statements grow with the load, and nobody waits for one to fill.
    [[nodiscard]] bool may_go(std::size_t waiting, std::size_t being_written) const noexcept {
        return waiting > 0 && waiting >= std::min(rows_per_write == 1 ? 0 : being_written, rows_per_write);
    }
};

/// Many rows as the text parameters of batch_insert_sql: array literals (PostgreSQL manual, 8.15.2). The pointers live
/// until the next fill().
class batch_parameters {
public:
    void fill(std::span<const order_row* const> rows);
    [[nodiscard]] const std::array<const char*, insert_parameters>& values() const noexcept { return values_; }

private:
    std::array<std::string, insert_parameters> arrays_;  ///< their memory is used again
    std::array<const char*, insert_parameters> values_{};
};

}  // namespace pipebench
