// SQL is composed of names and sent with parameters, so only valid names may be used.
#include "pipeline/order_table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

const order_row row_7{7, "Ada", "EMEA", "GBP", 4, 6347, 1750, "2026-03-16", "{5997,350}", -42};

/// The parameters of one statement for all of these rows.
std::vector<std::string> literals(batch_parameters& batch, const std::vector<order_row>& rows) {
    std::vector<const order_row*> pointers;
    for (const auto& row : rows) pointers.push_back(&row);
    batch.fill(pointers);
    return std::vector<std::string>(batch.values().begin(), batch.values().end());
}

std::vector<std::string> literals(const std::vector<order_row>& rows) {
    batch_parameters batch;
    return literals(batch, rows);
}

/// The literal of the customer column for a single row.
std::string literal_of_customer(const std::string& customer) {
    auto row = row_7;
    row.customer = customer;
    return literals({row}).at(1);
}

}  // namespace

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
    const table_name name{"s", "select"};  // a key word needs quotes
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
    const row_parameters parameters(row_7);
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

// --- rows that share a statement ---

TEST_CASE("the insert of many rows has the columns of the insert of one, with an array for each", "[order_table]") {
    const auto one = insert_sql({"s", "t"}), many = batch_insert_sql({"s", "t"});
    CHECK_THAT(many, StartsWith(one.substr(0, one.find(')') + 1)));
    for (std::size_t i = 1; i <= insert_parameters; ++i) CHECK_THAT(many, ContainsSubstring(fmt::format("${}::", i)));
    CHECK_THAT(many, !ContainsSubstring(fmt::format("${}", insert_parameters + 1)));
    CHECK_THAT(many, ContainsSubstring("ON CONFLICT (order_id) DO UPDATE SET deliveries = o.deliveries + 1"));
}

TEST_CASE("the insert of many rows is another statement than that of one, also by its name", "[order_table]") {
    CHECK(insert_statement_name({"s", "t"}, insert_form::row) !=
          insert_statement_name({"s", "t"}, insert_form::batch));
    CHECK(insert_sql({"s", "t"}) != batch_insert_sql({"s", "t"}));
}

TEST_CASE("a prepared statement has a name that no other table's has, within PostgreSQL's limit", "[order_table]") {
    const std::string schema = "pipebench_0123abcd";
    const auto name = insert_statement_name({schema, "semaphore_1"}, insert_form::row);
    CHECK(name == "pipebench_0123abcd_semaphore_1_row");
    CHECK(name != insert_statement_name({schema, "semaphore_2"}, insert_form::row));
    CHECK(name != insert_statement_name({"pipebench_4567cdef", "semaphore_1"}, insert_form::row));
    CHECK(insert_statement_name({std::string(63, 's'), std::string(63, 't')}, insert_form::batch).size() == 63);
}

TEST_CASE("one row is arrays of one element, its texts in quotes", "[order_table]") {
    CHECK(literals({row_7}) == std::vector<std::string>{"{7}", "{\"Ada\"}", "{\"EMEA\"}", "{\"GBP\"}", "{4}",
                                                        "{6347}", "{1750}", "{\"2026-03-16\"}", "{\"{5997,350}\"}",
                                                        "{-42}"});
}

TEST_CASE("the rows of a batch stand in each array in their order", "[order_table]") {
    const order_row second{8, "Bo", "APAC", "JPY", 1, 350, 0, "2026-03-17", "{350}", 0};
    const order_row third{9, "Cy", "AMER", "USD", 2, 20, 5, "2026-03-18", "{10,10}", 13};
    CHECK(literals({row_7, second, third}) ==
          std::vector<std::string>{"{7,8,9}", "{\"Ada\",\"Bo\",\"Cy\"}", "{\"EMEA\",\"APAC\",\"AMER\"}",
                                   "{\"GBP\",\"JPY\",\"USD\"}", "{4,1,2}", "{6347,350,20}", "{1750,0,5}",
                                   "{\"2026-03-16\",\"2026-03-17\",\"2026-03-18\"}",
                                   "{\"{5997,350}\",\"{350}\",\"{10,10}\"}", "{-42,0,13}"});
}

TEST_CASE("the largest and smallest numbers fit into an array as well", "[order_table]") {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min(),
                   highest = std::numeric_limits<std::int64_t>::max();
    const order_row row{static_cast<order_id>(highest), "", "", "", lowest, lowest, lowest, "", "", lowest};
    const auto values = literals({row, row});
    CHECK(values.at(0) == "{9223372036854775807,9223372036854775807}");
    for (const std::size_t i : {4u, 5u, 6u, 9u}) CHECK(values.at(i) == "{-9223372036854775808,-9223372036854775808}");
}

// Between quotes every character stands for itself except quote and backslash (PostgreSQL manual, 8.15.6).
TEST_CASE("in an array, a text keeps every character that it has", "[order_table]") {
    const auto [text, literal] = GENERATE(table<std::string, std::string>({
        {"say \"no\"", "{\"say \\\"no\\\"\"}"},
        {"\"", "{\"\\\"\"}"},
        {"back\\slash", "{\"back\\\\slash\"}"},
        {"\\", "{\"\\\\\"}"},
        {"\\\"", "{\"\\\\\\\"\"}"},
        {"Doe, Jane", "{\"Doe, Jane\"}"},
        {"{a,b}", "{\"{a,b}\"}"},
        {"}", "{\"}\"}"},
        {"", "{\"\"}"},
        {"NULL", "{\"NULL\"}"},
        {"null", "{\"null\"}"},
        {"  spaces  ", "{\"  spaces  \"}"},
        {"a\tb\nc", "{\"a\tb\nc\"}"},
        {"it's", "{\"it's\"}"},
        {"Zo\xc3\xab \xf0\x9f\x98\x80", "{\"Zo\xc3\xab \xf0\x9f\x98\x80\"}"},
    }));
    CAPTURE(text);
    CHECK(literal_of_customer(text) == literal);
}

TEST_CASE("an empty text, first, amid or last, is an element like any other", "[order_table]") {
    auto empty = row_7;
    empty.customer.clear();
    CHECK(literals({empty, row_7, empty}).at(1) == "{\"\",\"Ada\",\"\"}");
    CHECK(literals({empty, empty}).at(1) == "{\"\",\"\"}");
}

TEST_CASE("parameters that are filled again hold nothing of the batch before", "[order_table]") {
    auto longer = row_7;
    longer.customer = std::string(1000, 'x');
    batch_parameters batch;
    CHECK(literals(batch, std::vector(50, longer)).at(1).size() > 50'000);
    CHECK(literals(batch, {row_7}) == literals({row_7}));
    CHECK(literals(batch, {row_7, longer, row_7}) == literals({row_7, longer, row_7}));
}
