// Reads version, settings and free connections of a PostgreSQL server, throwaway or not.
#pragma once

#include "pipebench/result.hpp"
#include "services/postgres_fitness.hpp"
#include "system/patience.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

/// The parts of a connection string that name the server, without secrets: "host=db port=5432 dbname=app user=me".
/// Throws setup_error, which repeats no part of it, if it is not a connection string, or if it may hold an unencoded
/// password: a part of that would be taken for a host or a database.
[[nodiscard]] std::string printable_postgres(const std::string& connection_string);

/// The text with each secret of the connection string replaced by ***.
[[nodiscard]] std::string without_secrets(std::string text, const std::string& connection_string);

struct postgres_facts {
    server_info server;
    std::uint64_t free_connections = 0;  ///< how many more connections the server accepts at the moment
};

/// Connects once. Throws `interrupted`, or setup_error without secrets.
[[nodiscard]] postgres_facts inspect_postgres(const std::string& connection_string, std::string origin,
                                              const patience& until);

/// Has a connection of its own, until the last copy of the question is destroyed. Throws `interrupted`, or setup_error
/// without secrets.
[[nodiscard]] postgres_question ask_postgres(const std::string& connection_string, const patience& until);

}  // namespace pipebench
