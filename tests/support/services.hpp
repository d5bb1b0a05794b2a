// The servers of a test program. Each starts at its first use and ends with the program.
#pragma once

#include "contracts/addresses.hpp"
#include "pipeline/order_table.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <string>
#include <vector>

namespace pipebench::test {

[[nodiscard]] const std::string& postgres();  ///< a connection string
[[nodiscard]] const std::string& redis();     ///< a URL
[[nodiscard]] pid_t postgres_pid();

/// A new table in a new schema for every call.
[[nodiscard]] table_name new_table();
[[nodiscard]] addresses addresses_for(const std::string& target, const table_name& table);
[[nodiscard]] std::string new_stream();  ///< a new key prefix

/// A URL with a role that needs this password, and the password.
[[nodiscard]] std::string url_with_password(const std::string& password);
/// The same URL with a wrong password.
[[nodiscard]] std::string url_with_wrong_password(const std::string& password);

pqxx::result sql(const std::string& statement);
/// The schemas of pipebench that are in the test's PostgreSQL.
[[nodiscard]] std::vector<std::string> schemas();
[[nodiscard]] std::int64_t redis_keys();                         ///< number of keys in the test's Redis
[[nodiscard]] std::int64_t count(const std::string& statement);  ///< the number that the statement returns

/// A transaction of another session that locks the table until the destructor.
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
