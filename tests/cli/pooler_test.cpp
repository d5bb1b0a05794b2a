// PostgreSQL behind a pooler, and PostgreSQL with settings of its own.
#include "support/pooler.hpp"
#include "support/saved.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

using namespace pipebench::test;

namespace {

void skip_without_pooler() {
    if (!pooler::is_installed()) SKIP("PgBouncer is not installed");
}

/// A database of this name, made with this option, and its connection string.
std::string new_database(const std::string& name, const std::string& option = "") {
    sql(fmt::format("CREATE DATABASE \"{}\" TEMPLATE template0 {}", name, option));
    return fmt::format("{}&dbname={}", postgres(), name);
}

}  // namespace

TEST_CASE("a pooler that gives each transaction another connection is refused with the mend", "[pooler]") {
    skip_without_pooler();
    const std::string mode = GENERATE("transaction", "statement");
    const unsigned size = GENERATE(1u, 5u);
    const pooler between(mode, size);
    const user someone;
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore", "--postgres", between.url()}));
    check_refusal(end, {"--postgres", "pool_mode session"});
}

TEST_CASE("a pooler in session mode serves every pattern", "[pooler]") {
    skip_without_pooler();
    const pooler between("session", 40);
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(quick_and({"-p", "semaphore,thread-pool,process-pool", "--busy-limit",
                                                      "100%", "--postgres", between.url(), "--export-json", file}));
    CAPTURE(end.err, end.out);
    CHECK(end.code == 0);
    const auto result = saved(file);  // outlives the loop
    REQUIRE(result["runs"].size() == 3);
    for (const auto& run : result["runs"]) CHECK(run["ledger"]["rows"] == 40);
}

TEST_CASE("every variable that libpq heeds reaches the runs as it reaches the session", "[pooler]") {
    skip_without_pooler();
    const pooler between("session", 40, "127.0.0.1");
    const user someone;
    const auto file = someone.file("r.json");
    // The name does not exist: whoever does not heed PGHOSTADDR asks for it in vain.
    auto session =
        someone.pipebench(quick_and({"-p", "all", "--busy-limit", "100%", "--export-json", file, "--postgres",
                                     "host=nowhere.invalid dbname=postgres user=pipebench"}));
    session.environment.insert(
        {{"PGHOSTADDR", "127.0.0.1"}, {"PGPORT", between.port()}, {"PGTARGETSESSIONATTRS", "read-write"}});
    const auto end = run(session);
    CAPTURE(end.err, end.out);
    CHECK(end.code == 0);
    const auto result = saved(file);  // outlives the loop
    REQUIRE(result["runs"].size() == 5);
    for (const auto& run : result["runs"]) CHECK(run["ledger"]["rows"] == 40);
}

TEST_CASE("orders that wait for a connection because a pool is too small are named in the verdict", "[pooler]") {
    skip_without_pooler();
    const std::string pattern = GENERATE("semaphore", "process-pool");
    const pooler between("session", 3);
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench(quick_and({"-p", pattern, "--busy-limit", "100%", "--attempt-timeout",
                                                      "1s", "--postgres", between.url(), "--export-json", file}));
    CAPTURE(end.err, end.out);
    CHECK(end.code == 3);
    const auto run = saved(file)["runs"][0];
    CHECK(run["connection_waits"]["count"] > 0);
    CHECK(run["connection_waits"]["longest_s"] >= 0.9);
    CHECK(contains(run["verdict"]["text"], "PostgreSQL's connections were the limit"));
}

TEST_CASE("a database that cannot hold the orders' texts is refused", "[pooler][settings]") {
    const std::string encoding = GENERATE("LATIN1", "SQL_ASCII");
    const auto url =
        new_database("in_" + encoding, fmt::format("ENCODING '{}' LC_COLLATE 'C' LC_CTYPE 'C'", encoding));
    const user someone;
    check_refusal(someone.run_pipebench(quick_and({"-p", "semaphore", "--postgres", url})),
                  {"--postgres", encoding, "UTF8"});
}

TEST_CASE("settings of a database that change texts and limits do not change the result", "[pooler][settings]") {
    const std::string mode = GENERATE("row", "batch");
    const auto database = "with_settings_for_" + mode;
    const auto url = new_database(database);
    for (const auto* setting :
         {"datestyle = 'German, DMY'", "standard_conforming_strings = off", "statement_timeout = '500ms'",
          "lock_timeout = '500ms'", "default_transaction_isolation = 'serializable'", "timezone = 'Asia/Tokyo'",
          "client_encoding = 'LATIN1'", "search_path = 'nowhere'"})
        sql(fmt::format("ALTER DATABASE {} SET {}", database, setting));
    const user someone;
    const auto file = someone.file("r.json");
    const auto end = someone.run_pipebench({"-p", "semaphore,thread-pool", "--write-mode", mode, "-n", "16", "-c",
                                            "8", "--http-latency", "1ms", "--db-latency", "600ms", "--postgres", url,
                                            "--export-json", file});
    CAPTURE(end.err, end.out);
    CHECK(end.code == 0);
    const auto result = saved(file);  // outlives the loop
    REQUIRE(result["runs"].size() == 2);
    for (const auto& run : result["runs"]) {
        CHECK(run["ledger"]["rows"] == 16);
        CHECK(run["ledger"]["corrupt"] == 0);
    }
}
