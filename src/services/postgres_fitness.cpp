#include "services/postgres_fitness.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

#include <string_view>

namespace pipebench {
namespace {

constexpr unsigned rounds = 3;  ///< a pooler may hand out its connections in turn
constexpr const char* which_backend = "SELECT pg_catalog.pg_backend_pid()";

void check_encoding(const postgres_question& ask) {
    constexpr std::string_view right = "UTF8";
    const auto encoding = ask("SELECT pg_catalog.current_setting('server_encoding')");
    if (encoding == right) return;
    throw setup_error(
        fmt::format("--postgres: the database has the encoding {}, which cannot hold the orders' names: "
                    "use one of ENCODING 'UTF8'",
                    printable(encoding, 40)));
}

/// Two clients that are connected at the same time have a backend each, and keep it; behind a pooler in session mode,
/// too.
bool transactions_are_pooled(const postgres_question& first, const postgres_question& second) {
    const auto its_backend = first(which_backend), other_backend = second(which_backend);
    if (its_backend == other_backend) return true;
    for (unsigned i = 1; i < rounds; ++i)
        if (first(which_backend) != its_backend || second(which_backend) != other_backend) return true;
    return false;
}

}  // namespace

void check_postgres_fits(const postgres_question& first, const postgres_question& second) {
    check_encoding(first);
    if (transactions_are_pooled(first, second))
        throw setup_error(
            "--postgres: its pooler gives each transaction another connection (pool_mode transaction or "
            "statement), where prepared statements and settings do not last: use pool_mode session, or "
            "PostgreSQL's own port");
}

}  // namespace pipebench
