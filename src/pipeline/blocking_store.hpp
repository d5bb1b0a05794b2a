// Writes one row after another over one libpqxx connection, and blocks while it does.
#pragma once

#include "concurrency/socket_watchdog.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipeline/order_table.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace pipebench {

/// Of one worker. Connects at the first row, and again at the next one after a connection was lost.
class blocking_store {
public:
    using time_point = std::chrono::steady_clock::time_point;

    blocking_store(std::string connection_string, const table_name& table, std::shared_ptr<socket_watchdog> dog);
    blocking_store(blocking_store&&) noexcept;
    ~blocking_store();

    /// One row in one transaction, over by the deadline; `none` when it is committed. Never throws for a
    /// failed statement or connection.
    error_kind store(const order_row& row, time_point deadline);

private:
    class session;
    std::string connection_string_, insert_sql_;
    std::shared_ptr<socket_watchdog> dog_;
    std::unique_ptr<session> session_;
};

}  // namespace pipebench
