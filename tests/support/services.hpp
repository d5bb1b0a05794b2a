// The servers that a test program needs: started when first asked for, once, and ended when the program ends.
#pragma once

#include "contracts/addresses.hpp"
#include "pipeline/order_table.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <string>

namespace pipebench::test {

[[nodiscard]] const std::string& postgres();  ///< a connection string
[[nodiscard]] const std::string& redis();     ///< a URL
[[nodiscard]] pid_t postgres_pid();

/// A table of its own for every caller, in a schema of its own.
[[nodiscard]] table_name new_table();
[[nodiscard]] addresses addresses_for(const std::string& target, const table_name& table);
[[nodiscard]] std::string new_stream();  ///< a key prefix of its own

/// A role on the server that must give this password; the URL does.
[[nodiscard]] std::string url_with_password(const std::string& password);
/// The same role, and whatever it says instead.
[[nodiscard]] std::string url_with_wrong_password(const std::string& password);

pqxx::result sql(const std::string& statement);
[[nodiscard]] std::int64_t count(const std::string& statement);  ///< its one number

/// Another session's transaction that lets nobody at the table, as long as it lives.
class table_lock {
public:
    explicit table_lock(const table_name& table) : connection_(postgres()), transaction_(connection_) {
        transaction_.exec("LOCK TABLE " + table.quoted() + " IN ACCESS EXCLUSIVE MODE");
    }
    void release() { transaction_.commit(); }

private:
    pqxx::connection connection_;
    pqxx::work transaction_;
};

}  // namespace pipebench::test
