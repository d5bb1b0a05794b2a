// Whether the runs can use a PostgreSQL server of the user's as it is set up.
#pragma once

#include <functional>
#include <string>

namespace pipebench {

/// Sends one statement over its own connection, and returns the first value of the answer. Throws setup_error.
using postgres_question = std::function<std::string(const std::string& sql)>;

/// Asks over two connections of the same connection string, both open at the same time. Throws setup_error, in one
/// line with the remedy, if the database cannot hold the orders' texts, or if a pooler gives each transaction another
/// connection of the server: prepared statements and settings do not last there, and sessions would use each other's.
void check_postgres_fits(const postgres_question& first, const postgres_question& second);

}  // namespace pipebench
