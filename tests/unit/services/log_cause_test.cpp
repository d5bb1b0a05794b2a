// The cause in what servers and their tools print: real texts of PostgreSQL 15 and Redis 7.
#include "services/log_cause.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;

TEST_CASE("the cause of a failure is found before what was done about it", "[log_cause]") {
    const auto [log, cause] = GENERATE(table<std::string, std::string>({
        {"creating directory /x ... initdb: error: could not create directory \"/x\": Permission denied\n"
         "initdb: removing data directory \"/x\"\n",
         "creating directory /x ... initdb: error: could not create directory \"/x\": Permission denied"},
        {"LOG:  starting PostgreSQL\nFATAL:  could not create lock file: No space left on device\n"
         "LOG:  database system is shut down\n",
         "FATAL: could not create lock file: No space left on device"},
        {"1:C # Fatal error, can't open config file '/x'\n1:C # bye\n",
         "1:C # Fatal error, can't open config file '/x'"},
        {"only this\n\n", "only this"},
        {"", ""},
    }));
    CHECK(cause_in(log) == cause);
}
