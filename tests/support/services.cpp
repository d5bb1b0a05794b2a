#include "support/services.hpp"

#include "redis/redis_client.hpp"
#include "services/throwaway_postgres.hpp"
#include "services/throwaway_redis.hpp"
#include "support/command.hpp"

#include <fmt/format.h>

#include <fstream>

namespace pipebench::test {
namespace {

constexpr std::uint64_t connections = 60;
constexpr const char* role = "guarded";

const scratch_directory& scratch() {
    static const scratch_directory directory(server_user("postgres"));
    return directory;
}

const throwaway_postgres& postgres_server() {
    static const throwaway_postgres server(scratch(), {{}, connections});
    return server;
}

const throwaway_redis& redis_server() {
    static const throwaway_redis server(scratch());
    return server;
}

unsigned next_number() {
    static unsigned n = 0;
    return ++n;
}

/// PostgreSQL takes the first matching rule: the role needs its password, others are trusted as before.
void require_password_of(const std::string& name, const std::string& password) {
    sql(fmt::format("CREATE ROLE {} LOGIN SUPERUSER PASSWORD '{}'", name, password));
    const auto rules = scratch().path() / "postgres/data/pg_hba.conf";
    const auto before = read_file(rules);
    std::ofstream(rules) << fmt::format("local all {} scram-sha-256\n{}", name, before);
    sql("SELECT pg_reload_conf()");
}

std::string url_of(const std::string& name, const std::string& password) {
    return fmt::format("postgresql://{}:{}@/postgres?host={}", name, password,
                       (scratch().path() / "postgres").native());
}

}  // namespace

const std::string& postgres() { return postgres_server().connection_string(); }
const std::string& redis() { return redis_server().url(); }
pid_t postgres_pid() { return postgres_server().pid(); }

table_name new_table() {
    const table_name table{fmt::format("test_{}", next_number()), "orders"};
    sql(fmt::format("CREATE SCHEMA {}", table.schema));
    sql(create_table_sql(table));
    return table;
}

addresses addresses_for(const std::string& target, const table_name& table) {
    return {target, postgres(), {}, table.schema, table.table, {}};
}

std::string new_stream() { return fmt::format("test:{}", next_number()); }

std::string url_with_password(const std::string& password) {
    const auto name = fmt::format("{}_{}", role, next_number());
    require_password_of(name, password);
    const auto url = url_of(name, password);
    // The server applies the new rules some time after the signal.
    if (!comes_true([&] {
            try {
                pqxx::connection probe(url_of(name, "not-" + password));
                return false;
            } catch (const pqxx::broken_connection&) {
                return true;
            }
        }))
        throw std::runtime_error("PostgreSQL never asked for the password");
    return url;
}

std::string url_with_wrong_password(const std::string& password) {
    auto url = url_with_password("right-" + password);
    return url.erase(url.find("right-"), 6);
}

pqxx::result sql(const std::string& statement) {
    pqxx::connection connection(postgres());
    pqxx::nontransaction transaction(connection);
    return transaction.exec(statement);
}

std::vector<std::string> schemas() {
    std::vector<std::string> out;
    for (const auto& row : sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pipebench%'"))
        out.emplace_back(row[0].c_str());
    return out;
}

std::int64_t redis_keys() {
    return redis_client(parse_redis_address(redis()), std::chrono::seconds(5)).command({"DBSIZE"})->integer;
}

std::int64_t count(const std::string& statement) { return sql(statement)[0][0].as<std::int64_t>(); }

}  // namespace pipebench::test
