#include "session/session_schema.hpp"

#include "contracts/error.hpp"
#include "pipeline/pg_compat.hpp"

#include <fmt/format.h>

namespace pipebench {

session_schema::session_schema(std::string connection_string, std::string name, leftovers tables)
    : connection_string_(std::move(connection_string)), name_(std::move(name)), tables_(tables) {
    execute(fmt::format("CREATE SCHEMA \"{}\"", name_));
}

session_schema::~session_schema() {
    if (tables_ == leftovers::keep) return;
    try {
        execute(fmt::format("DROP SCHEMA \"{}\" CASCADE", name_));
    } catch (const std::exception&) {  // the server is gone, and the schema cannot be dropped
    }
}

table_name session_schema::make_table(const std::string& name, duration write_latency) {
    const table_name table{name_, name};
    execute(create_table_sql(table));
    if (write_latency == duration{}) return table;
    const auto function = fmt::format("\"{}\".\"{}_is_slow\"", name_, name);
    const double seconds = std::chrono::duration<double>(write_latency).count();
    execute(fmt::format("CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS "
                        "'BEGIN PERFORM pg_sleep({:.6f}); RETURN NULL; END'",
                        function, seconds));
    execute(fmt::format("CREATE TRIGGER slow BEFORE INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION {}()",
                        table.quoted(), function));
    return table;
}

void session_schema::end_table(const table_name& table) {
    if (tables_ == leftovers::drop) execute("DROP TABLE " + table.quoted());
}

std::uint64_t session_schema::terminate_connections() try {
    pqxx::connection connection(connection_string_);
    pqxx::nontransaction work(connection);
    const auto ended = exec_params(work,
                                   "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                   "WHERE application_name = $1 AND pid <> pg_backend_pid()",
                                   name_);
    return ended[0][0].as<std::uint64_t>();
} catch (const std::exception& e) {
    throw setup_error("PostgreSQL: " + printable(e.what()));
}

void session_schema::execute(const std::string& sql) try {
    pqxx::connection connection(connection_string_);
    pqxx::work work(connection);
    work.exec(sql);
    work.commit();
} catch (const std::exception& e) {
    throw setup_error("PostgreSQL: " + printable(e.what()));
}

}  // namespace pipebench
