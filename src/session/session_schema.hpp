// The schema of a session in PostgreSQL, with a table per run.
#pragma once

#include "pipebench/duration.hpp"
#include "pipeline/order_table.hpp"
#include "session/session_patience.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pipebench {

enum class leftovers : std::uint8_t { drop, keep };

struct schema_settings {
    std::string postgres;  ///< connection string
    std::string name;
    leftovers tables = leftovers::drop;  ///< of ended runs
    leftovers schema = leftovers::drop;  ///< at the end; with tables that are left
    /// Gets a line about each thing that could not be dropped, and is left.
    std::function<void(const std::string&)> warning;
};

/// A new schema, never an existing one. The destructor drops it unless it is kept. What cannot be dropped within a limit,
/// because somebody's transaction uses it or the server is silent, is named and left.
class session_schema {
public:
    /// Throws `interrupted`, or setup_error, also if a schema of that name exists.
    session_schema(schema_settings s, const session_patience& until);
    session_schema(const session_schema&) = delete;
    session_schema& operator=(const session_schema&) = delete;
    ~session_schema();

    /// Creates an empty orders table, and drops those of ended runs. `write_latency`: extra time of each INSERT, spent
    /// in the server. Throws `interrupted` or setup_error.
    [[nodiscard]] table_name make_table(const std::string& name, duration write_latency = {});
    /// The table is no longer needed. It is dropped before the next is made, so that no result waits for that.
    void end_table(const table_name& table) { ended_.push_back(table); }
    /// Terminates every connection that has the schema's name as application_name, or whose last statement names the
    /// schema: a service file, a pooler or the program itself may have set another name. Returns their number. Throws
    /// `interrupted` or setup_error.
    std::uint64_t terminate_connections();
    [[nodiscard]] const std::string& name() const noexcept { return settings_.name; }

private:
    void create();
    void drop_ended_tables();
    [[nodiscard]] std::string drop() const;

    schema_settings settings_;
    session_patience until_;
    std::vector<table_name> ended_;
};

}  // namespace pipebench
