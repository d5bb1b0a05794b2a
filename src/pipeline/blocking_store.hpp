// Writes rows for all blocking workers of a process over a few libpqxx connections that they share.
#pragma once

#include "concurrency/socket_watchdog.hpp"
#include "contracts/run_findings.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipeline/order_table.hpp"
#include "pipeline/row_batches.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pipebench {

/// Thread-safe. A worker that finds a free connection, when the rule lets rows go (row_batches.hpp), becomes the
/// leader: it writes the oldest waiting rows, which may or may not include its own. The owners of the other rows wake
/// up with their result. The next leader opens a lost connection again. No call may be running when it is destroyed.
class blocking_store {
public:
    using time_point = std::chrono::steady_clock::time_point;

    blocking_store(std::string connection_string, const table_name& table, std::shared_ptr<socket_watchdog> watchdog,
                   store_settings settings, run_findings findings = {});
    ~blocking_store();

    /// Writes one row, and ends by the deadline; `none` if it was committed. Never throws for a failed statement or
    /// connection.
    error_kind store(const order_row& row, time_point deadline);

private:
    class session;
    struct connection;
    struct waiter;
    struct failure {
        error_kind kind = error_kind::none;
        std::string reason;
    };
    /// The prepared statements: their names and their SQL.
    struct table_inserts {
        std::string row_name, row_sql, batch_name, batch_sql;
    };

    void lead(std::unique_lock<std::mutex>& lock);
    void wake_next();
    error_kind write_next(connection& c);
    failure try_next(connection& c);
    error_kind failed(connection& c, const failure& f);

    const std::string connection_string_;
    const table_inserts inserts_;
    const run_findings findings_;
    const std::shared_ptr<socket_watchdog> watchdog_;
    std::mutex mutex_;
    row_queue<waiter*> queue_;
    std::vector<std::unique_ptr<connection>> idle_;
};

}  // namespace pipebench
