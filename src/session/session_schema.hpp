// The schema of a session in PostgreSQL, with a table per run.
#pragma once

#include "pipebench/duration.hpp"
#include "pipeline/order_table.hpp"

#include <string>

namespace pipebench {

enum class leftovers : std::uint8_t { drop, keep };

/// A new schema, never an existing one. The destructor drops it unless the tables are kept.
class session_schema {
public:
    /// Throws setup_error, also if a schema of that name exists.
    session_schema(std::string connection_string, std::string name, leftovers tables);
    session_schema(const session_schema&) = delete;
    session_schema& operator=(const session_schema&) = delete;
    ~session_schema();

    /// Creates an empty orders table. `write_latency`: extra time of each INSERT, spent in the server.
    [[nodiscard]] table_name make_table(const std::string& name, duration write_latency = {});
    /// Drops a checked table unless tables are kept, so that no run finds the rows of another.
    void end_table(const table_name& table);
    /// Terminates every connection whose PGAPPNAME is the schema's name. Returns their number.
    std::uint64_t terminate_connections();
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void execute(const std::string& sql);

    std::string connection_string_, name_;
    leftovers tables_;
};

}  // namespace pipebench
