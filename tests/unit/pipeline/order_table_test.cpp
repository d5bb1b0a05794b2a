// SQL is put together from names and sent with parameters: a name that is not one of ours must not get that far.
#include "pipeline/order_table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <limits>
#include <vector>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("an identifier is one that needs no escaping", "[order_table]") {
    for (const std::string name : {"a", "_", "orders_2", "pipebench_1a2b", "x23456789"}) CHECK(is_identifier(name));
    CHECK(is_identifier(std::string(63, 'a')));  // PostgreSQL cuts longer ones, and two could become one
    CHECK_FALSE(is_identifier(std::string(64, 'a')));
}

TEST_CASE("everything else is no identifier", "[order_table]") {
    const auto name = GENERATE(as<std::string>{}, "", "1a", "A", "a-b", "a b", "a.b", "a\"b", "a;b", "a'b",
                               "\xc3\xa4", "a\n", std::string("a\0b", 3));
    CAPTURE(name);
    CHECK_FALSE(is_identifier(name));
}

TEST_CASE("a table is named with its schema, both in quotes", "[order_table]") {
    const table_name name{"s", "select"};  // a key word needs them
    CHECK(name.quoted() == "\"s\".\"select\"");
    CHECK_THAT(create_table_sql(name), StartsWith("CREATE TABLE \"s\".\"select\" ("));
    CHECK_THAT(insert_sql(name), StartsWith("INSERT INTO \"s\".\"select\" AS o ("));
}

TEST_CASE("a second insert of an order changes nothing but its deliveries", "[order_table]") {
    const auto sql = insert_sql({"s", "t"});
    CHECK_THAT(sql, ContainsSubstring("ON CONFLICT (order_id) DO UPDATE SET deliveries = o.deliveries + 1"));
    CHECK_THAT(create_table_sql({"s", "t"}), ContainsSubstring("order_id bigint PRIMARY KEY"));
}

TEST_CASE("the columns of the insert are those of the table, with a parameter each", "[order_table]") {
    const auto sql = insert_sql({"s", "t"}), table = create_table_sql({"s", "t"});
    auto columns = sql.substr(sql.find('(') + 1);
    columns.resize(columns.find(')'));
    std::size_t count = 0;
    for (std::size_t at = 0; at != std::string::npos; ++count) {
        const auto end = columns.find(", ", at);
        CHECK_THAT(table, ContainsSubstring(columns.substr(at, end - at) + " "));
        at = end == std::string::npos ? end : end + 2;
    }
    CHECK(count == insert_parameters);
    CHECK_THAT(sql, ContainsSubstring("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"));
}

TEST_CASE("a row's parameters are its fields as text, in the order of the columns", "[order_table]") {
    const order_row row{7, "Ada", "EMEA", "GBP", 4, 6347, 1750, "2026-03-16", "{5997,350}", -42};
    const row_parameters parameters(row);
    const std::vector<std::string> values(parameters.values().begin(), parameters.values().end());
    CHECK(values == std::vector<std::string>{"7", "Ada", "EMEA", "GBP", "4", "6347", "1750", "2026-03-16",
                                             "{5997,350}", "-42"});
}

TEST_CASE("the largest and smallest numbers fit", "[order_table]") {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min(),
                   highest = std::numeric_limits<std::int64_t>::max();
    const order_row row{static_cast<order_id>(highest), "", "", "", lowest, lowest, lowest, "", "", lowest};
    const row_parameters parameters(row);
    CHECK(parameters.values()[0] == std::string("9223372036854775807"));
    for (const std::size_t i : {4u, 5u, 6u, 9u})
        CHECK(parameters.values().at(i) == std::string("-9223372036854775808"));
}
