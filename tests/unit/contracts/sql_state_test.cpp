// Which errors of PostgreSQL are retried: with one too few a restart loses orders, with one too many an impossible
// statement is repeated.
#include "contracts/sql_state.hpp"

#include "pipeline/retry_rules.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>

using namespace pipebench;

TEST_CASE("a server or a connection that went away, or a rollback for another's sake, is transient", "[sql_state]") {
    const std::string code = GENERATE("08000", "08003", "08006", "08P01",   // connection exceptions
                                      "40001", "40P01",                     // serialization failure, deadlock
                                      "53300", "53200",                     // too many connections, out of memory
                                      "57P01", "57P02", "57P03", "57P05");  // shutdown, crash, starting up
    CAPTURE(code);
    CHECK(kind_of_sql_state(code) == error_kind::reset);
    CHECK(worth_retrying(kind_of_sql_state(code)));
}

TEST_CASE("what the statement or the data is to blame for stays refused", "[sql_state]") {
    const std::string code =
        GENERATE("23505", "22001", "42P01", "42601", "57014", "0A000", "28P01", "P0001", "XX000");
    CAPTURE(code);
    CHECK(kind_of_sql_state(code) == error_kind::database);
    CHECK_FALSE(worth_retrying(kind_of_sql_state(code)));
}

TEST_CASE("what is no code is no reason to try again", "[sql_state]") {
    const std::string code = GENERATE("", "08", "4000", "0800", "080000", "57P", "57P010", " 08000");
    CAPTURE(code);
    CHECK(kind_of_sql_state(code) == error_kind::database);
}
