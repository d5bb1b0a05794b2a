// Reads version, settings and free connections of a PostgreSQL server, throwaway or not.
#pragma once

#include "pipebench/result.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

/// The parts of a connection string that name the server, without secrets: "host=db port=5432 dbname=app user=me".
/// Throws setup_error, which repeats no part of it, if it is not a connection string, or if it may hold an unencoded
/// password: a part of that would be taken for a host or a database.
[[nodiscard]] std::string printable_postgres(const std::string& connection_string);

/// Connects once. Throws setup_error without secrets.
[[nodiscard]] server_info inspect_postgres(const std::string& connection_string, std::string origin);

/// How many more connections the server accepts at the moment.
[[nodiscard]] std::uint64_t free_connections(const std::string& connection_string);

}  // namespace pipebench
