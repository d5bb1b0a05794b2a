// The session's own connection to PostgreSQL: what it sets, what it tries again, and what ends its waits.
#include "services/postgres_client.hpp"

#include "services/throwaway_postgres.hpp"
#include "support/command.hpp"
#include "support/services.hpp"
#include "support/silent.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

constexpr postgres_limits short_limits{.connect = 300ms, .answer = 300ms};

/// The error of a statement; empty if it succeeded.
std::string complaint_of(postgres_client& client, const std::string& statement) {
    try {
        client.ask(statement);
        return {};
    } catch (const setup_error& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("a connection has the settings that its statements rely on, whatever the user has set", "[postgres]") {
    const auto [name, foreign, ours] = GENERATE(table<std::string, std::string, std::string>(
        {{"datestyle", "German", "ISO, YMD"},
         {"client_encoding", "LATIN1", "UTF8"},
         {"timezone", "Asia/Tokyo", "UTC"},
         {"search_path", "nowhere", "pg_catalog"},
         {"standard_conforming_strings", "off", "on"},
         {"default_transaction_isolation", "serializable", "read committed"},
         {"statement_timeout", "10000", "27s"},
         {"lock_timeout", "10000", "24s"}}));
    postgres_client client(fmt::format("{}&options=-c%20{}%3D{}", postgres(), name, foreign), {});
    CHECK(std::string(client.ask("SHOW " + name).text(0, 0)) == ours);
}

TEST_CASE("a statement has parameters and rows; a refused one is one line, and the next is answered", "[postgres]") {
    postgres_client client(postgres(), {});
    const std::array parameters{std::string("it's"), std::string("7")};
    const auto rows = client.ask("SELECT $1::text, $2::bigint, NULL UNION ALL SELECT 'b', -8, NULL", parameters);
    REQUIRE(rows.size() == 2);
    CHECK(std::string(rows.text(0, 0)) == "it's");
    CHECK(rows.number(0, 1) == 7);
    CHECK(rows.number(1, 1) == -8);
    CHECK(std::string(rows.text(0, 2)).empty());
    CHECK_THROWS_AS(rows.number(0, 0), setup_error);
    const auto backend = client.ask("SELECT pg_backend_pid()").number(0, 0);
    CHECK(complaint_of(client, "SELECT 1 / 0; SELECT 2") == "division by zero");
    CHECK(client.ask("SELECT pg_backend_pid()").number(0, 0) == backend);
}

TEST_CASE("a server that restarts between two statements is waited for, if so wished", "[postgres]") {
    const scratch_directory scratch(server_user("postgres"));
    throwaway_postgres server(scratch, {});
    postgres_client patient(server.connection_string(), {}, {.away = test::patience});
    postgres_client hasty(server.connection_string(), {});
    patient.ask("CREATE TABLE public.kept ()");
    hasty.ask("SELECT");
    server.kill_and_start_again();
    CHECK_FALSE(complaint_of(hasty, "SELECT FROM pg_class").empty());
    CHECK(complaint_of(patient, "TABLE public.kept").empty());
}

TEST_CASE("a backend that was terminated is replaced", "[postgres]") {
    postgres_client client(postgres(), {}, {.away = test::patience});
    const auto backend = client.ask("SELECT pg_backend_pid()").number(0, 0);
    sql(fmt::format("SELECT pg_terminate_backend({})", backend));
    CHECK(client.ask("SELECT pg_backend_pid()").number(0, 0) != backend);
}

TEST_CASE("a server that falls silent is given up at the limit", "[postgres][silent]") {
    postgres_client connected(postgres(), {}, short_limits), fresh(postgres(), {}, short_limits);
    connected.ask("SELECT");
    {
        const silenced server(postgres_pid());
        CHECK(complaint_of(connected, "SELECT") == "no answer within 300ms");
        CHECK(complaint_of(fresh, "SELECT") == "cannot connect: no answer within 300ms");
    }
    CHECK(complaint_of(connected, "SELECT").empty());  // over a new connection
}

TEST_CASE("a signal ends every wait for a server", "[postgres][silent][signal]") {
    signal_watch signals;
    postgres_client connected(postgres(), pipebench::patience(signals, 0s)),
        fresh(postgres(), pipebench::patience(signals, 0s));
    connected.ask("SELECT");
    const silenced server(postgres_pid());
    ::raise(SIGINT);
    CHECK_THROWS_AS(connected.ask("SELECT"), interrupted);
    CHECK_THROWS_AS(fresh.ask("SELECT"), interrupted);
}

TEST_CASE("a flood of notices is neither kept nor waited for beyond the limit", "[postgres][silent]") {
    const std::string flood = "SET statement_timeout = 0; DO $$ BEGIN LOOP RAISE WARNING 'x'; END LOOP; END $$";
    postgres_client client(postgres(), {}, short_limits);
    CHECK(complaint_of(client, flood) == "no answer within 300ms");
    signal_watch signals;
    postgres_client other(postgres(), pipebench::patience(signals, 0s));
    other.ask("SELECT");
    ::raise(SIGTERM);
    CHECK_THROWS_AS(other.ask(flood), interrupted);
}

TEST_CASE("a lock that somebody holds is waited for up to a limit that the server keeps", "[postgres][silent]") {
    const auto table = new_table();
    const table_lock lock(table);
    postgres_client client(postgres(), {}, short_limits);
    const auto backend = client.ask("SELECT pg_backend_pid()").number(0, 0);
    CHECK(complaint_of(client, "DROP TABLE " + table.quoted()) == "canceling statement due to lock timeout");
    CHECK(client.ask("SELECT pg_backend_pid()").number(0, 0) == backend);
}

TEST_CASE("of several hosts, one that accepts and says nothing is passed over", "[postgres][silent]") {
    const silent_server silent;
    const auto socket =
        postgres().substr(postgres().find("host=") + 5, postgres().find('&') - postgres().find("host=") - 5);
    const auto url =
        fmt::format("postgresql:///postgres?host=127.0.0.1,{}&port={},5432&user=pipebench", socket, silent.port());
    postgres_client client(url, {}, {.connect = 300ms});
    CHECK(complaint_of(client, "SELECT").empty());
    CHECK(silent.has_a_client());
    const silent_server other;
    postgres_client none(fmt::format("host=127.0.0.1,127.0.0.1 port={},{}", silent.port(), other.port()), {},
                         short_limits);
    CHECK(complaint_of(none, "SELECT") == "cannot connect: no answer within 300ms");
    CHECK(other.has_a_client());
}

TEST_CASE("nobody there is told at once, without the password", "[postgres][secret]") {
    postgres_client client("postgresql://me:sekrit@127.0.0.1:1/db", {});
    const auto why = complaint_of(client, "SELECT");
    CHECK(contains(why, "cannot connect: "));
    CHECK(contains(why, "Connection refused"));
    CHECK_FALSE(contains(why, "sekrit"));
}
