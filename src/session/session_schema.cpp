#include "session/session_schema.hpp"

#include "contracts/error.hpp"
#include "services/postgres_client.hpp"
#include "session/abandoned.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace pipebench {
namespace {

constexpr std::chrono::seconds longest_absence{10};  ///< of a server that restarts between two runs

constexpr postgres_limits to_create{.away = longest_absence};
/// Each is a wait of the user, who has the result of the run already, or of the run, whose connections are terminated.
constexpr postgres_limits to_drop{
    .connect = std::chrono::seconds(5), .answer = std::chrono::seconds(5), .away = std::chrono::seconds(5)};

/// The trigger of a table whose INSERTs take longer.
std::string slow_trigger_sql(const table_name& table, duration write_latency) {
    const auto function = fmt::format("\"{}\".\"{}_is_slow\"", table.schema, table.table);
    const double seconds = std::chrono::duration<double>(write_latency).count();
    return fmt::format("; CREATE OR REPLACE FUNCTION {0}() RETURNS trigger LANGUAGE plpgsql AS "
                       "'BEGIN PERFORM pg_sleep({1:.6f}); RETURN NULL; END'; "
                       "CREATE TRIGGER slow BEFORE INSERT ON {2} FOR EACH STATEMENT EXECUTE FUNCTION {0}()",
                       function, seconds, table.quoted());
}

/// Names PostgreSQL in the error.
template <class Action>
auto about_postgres(Action action) {
    try {
        return action();
    } catch (const interrupted&) {
        throw;
    } catch (const setup_error& e) {
        throw setup_error(std::string("PostgreSQL: ") + e.what());
    }
}

}  // namespace

session_schema::session_schema(schema_settings s, const session_patience& until)
    : settings_(std::move(s)), until_(until) {
    about_postgres([this] { create(); });
}

session_schema::~session_schema() {
    if (settings_.schema == leftovers::keep) return;
    try {
        const auto why = drop();
        if (!why.empty())
            settings_.warning(fmt::format("PostgreSQL: schema {} is left, it could not be dropped: {}", name(), why));
    } catch (const std::exception&) {  // there is nobody to tell
    }
}

/// Why it could not be dropped; empty if it was.
std::string session_schema::drop() const try {
    postgres_client(settings_.postgres, until_.at_the_end, to_drop)
        .ask(fmt::format("DROP SCHEMA IF EXISTS \"{}\" CASCADE", name()));
    return {};
} catch (const setup_error& e) {
    return e.what();
}

void session_schema::create() {
    postgres_client server(settings_.postgres, until_.before_a_run, to_create);
    const std::array parameters{settings_.name};
    if (server.ask("SELECT FROM pg_namespace WHERE nspname = $1", parameters).size() > 0)
        throw setup_error(fmt::format("there is a schema {} already", settings_.name));
    auto sql = fmt::format("CREATE SCHEMA IF NOT EXISTS \"{}\"", settings_.name);
    if (settings_.schema == leftovers::drop) sql += "; " + mark_schema_sql(settings_.name);
    server.ask(sql);
}

table_name session_schema::make_table(const std::string& name, duration write_latency) {
    drop_ended_tables();
    const table_name table{settings_.name, name};
    auto sql = fmt::format("DROP TABLE IF EXISTS {}; {}", table.quoted(), create_table_sql(table));
    if (write_latency > duration{}) sql += slow_trigger_sql(table, write_latency);
    about_postgres([&] { postgres_client(settings_.postgres, until_.before_a_run, to_create).ask(sql); });
    return table;
}

void session_schema::drop_ended_tables() {
    for (const auto& table : std::exchange(ended_, {})) try {
            if (settings_.tables == leftovers::drop)
                postgres_client(settings_.postgres, until_.before_a_run, to_drop)
                    .ask("DROP TABLE IF EXISTS " + table.quoted());
        } catch (const interrupted&) {
            throw;
        } catch (const setup_error& e) {
            settings_.warning(
                fmt::format("PostgreSQL: table {}.{} stays until the session ends, it could not be dropped: {}",
                            table.schema, table.table, e.what()));
        }
}

std::uint64_t session_schema::terminate_connections() {
    const std::array parameters{settings_.name, fmt::format("\"{}\".", settings_.name)};
    return about_postgres([&] {
        postgres_client server(settings_.postgres, until_.after_a_run, to_drop);
        const auto ended =
            server.ask("SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity "
                       "WHERE (application_name = $1 OR strpos(query, $2) > 0) AND pid <> pg_backend_pid()",
                       parameters);
        return static_cast<std::uint64_t>(ended.number(0, 0));
    });
}

}  // namespace pipebench
