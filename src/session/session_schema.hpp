// The schema of a session in PostgreSQL, with a table per run.
#pragma once

#include "pipebench/duration.hpp"
#include "pipeline/order_table.hpp"

#include <string>

namespace pipebench {

enum class leftovers : std::uint8_t { drop, keep };

/// Made, never taken over; dropped when the session ends, however it does, unless the tables are to stay.
class session_schema {
public:
    /// Throws setup_error, also when there is one of that name.
    session_schema(std::string connection_string, std::string name, leftovers tables);
    session_schema(const session_schema&) = delete;
    session_schema& operator=(const session_schema&) = delete;
    ~session_schema();

    /// A new, empty orders table. `write_latency`: that each INSERT takes longer, in the server.
    [[nodiscard]] table_name make_table(const std::string& name, duration write_latency = {});
    /// Drops a table that has been checked, unless the tables are to stay: no run finds the rows of others.
    void end_table(const table_name& table);
    /// Ends every connection that calls itself by the schema's name (PGAPPNAME); how many there were.
    std::uint64_t terminate_connections();
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    void execute(const std::string& sql);

    std::string connection_string_, name_;
    leftovers tables_;
};

}  // namespace pipebench
