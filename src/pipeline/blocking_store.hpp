// Writes rows for all blocking workers of a process over a few libpqxx connections that they share.
#pragma once

#include "concurrency/posix_semaphore.hpp"
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

/// Thread-safe. When the rule lets rows go (row_batches.hpp), a free connection takes the oldest ones, and the owner of
/// one of them writes them all; the other owners wake up with their result. So a worker waits once. The next writer
/// opens a lost connection again. No call may be running when it is destroyed.
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
    class wake_ups;
    struct failure {
        error_kind kind = error_kind::none;
        std::string reason;
    };
    /// The prepared statements: their names and their SQL.
    struct table_inserts {
        std::string row_name, row_sql, batch_name, batch_sql;
    };

    void give_up(waiter& me);
    std::unique_ptr<posix_semaphore> take_turn();
    void pass_connections_on(waiter& me, wake_ups& woken);
    connection& take_idle();
    void end(connection& written, wake_ups& woken);
    error_kind write_next(connection& c);
    failure try_next(connection& c);
    error_kind failed(connection& c, const failure& f);

    const std::string connection_string_;
    const table_inserts inserts_;
    const run_findings findings_;
    const std::shared_ptr<socket_watchdog> watchdog_;
    std::mutex mutex_;
    row_queue<waiter*> queue_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<connection*> idle_;
    /// They live as long as the store: a worker may be woken up when it has gone already.
    std::vector<std::unique_ptr<posix_semaphore>> spare_turns_;
};

}  // namespace pipebench
