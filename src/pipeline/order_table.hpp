// The orders table: its SQL, the same for every driver, and the parameters of one row.
#pragma once

#include "pipebench/order.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// [a-z_][a-z0-9_]{0,62}: the accepted names of schemas and tables, which are safe to quote.
[[nodiscard]] bool is_identifier(std::string_view name) noexcept;

struct table_name {
    std::string schema, table;  ///< identifiers, as above
    [[nodiscard]] std::string quoted() const { return '"' + schema + "\".\"" + table + '"'; }
};

[[nodiscard]] std::string create_table_sql(const table_name& name);

/// One idempotent INSERT: a second delivery of an order only changes its count of deliveries.
[[nodiscard]] std::string insert_sql(const table_name& name);
/// The same for many rows: each parameter is an array of one column's values. It must not contain an order twice.
[[nodiscard]] std::string batch_insert_sql(const table_name& name);
inline constexpr std::size_t insert_parameters = 10;  ///< of either statement

/// The name of a table's prepared statement, which no other session and no other run has: behind a pooler, they may
/// share a connection of the server.
enum class insert_form : std::uint8_t { row, batch };
[[nodiscard]] std::string insert_statement_name(const table_name& name, insert_form form);

/// The row as text parameters, in the order of insert_sql. The pointers are valid while this object and the row live.
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

/// Many rows as the text parameters of batch_insert_sql: array literals (PostgreSQL manual, 8.15.2). The pointers are
/// valid until the next fill().
class batch_parameters {
public:
    void fill(std::span<const order_row* const> rows);
    [[nodiscard]] const std::array<const char*, insert_parameters>& values() const noexcept { return values_; }

private:
    std::array<std::string, insert_parameters> arrays_;  ///< reused by the next fill()
    std::array<const char*, insert_parameters> values_{};
};

}  // namespace pipebench
