// Writes rows for all blocking workers of a process over a few libpqxx connections that they share.
#pragma once

#include "concurrency/socket_watchdog.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipeline/order_table.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pipebench {

/// Thread-safe. Whoever may go (store_settings) and finds a connection free takes it, and with it the rows that have waited the longest, its own among
/// them or not; the others find theirs done (a leader and its followers, as in group commit: nobody waits for a batch to
/// fill). A connection that was lost is opened again by the next who needs it. The destructor needs it unused.
class blocking_store {
public:
    using time_point = std::chrono::steady_clock::time_point;

    blocking_store(std::string connection_string, const table_name& table, std::shared_ptr<socket_watchdog> dog,
                   store_settings settings);
    ~blocking_store();

    /// One row, over by the deadline; `none` when it is committed. Never throws for a failed statement or connection.
    error_kind store(const order_row& row, time_point deadline);

private:
    class session;
    struct connection;
    struct waiter;

    void lead(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool may_lead() const;
    void wake_next();
    void write(connection& c);
    error_kind try_write(connection& c, std::size_t first, std::size_t count);

    const std::string connection_string_, row_sql_, batch_sql_;
    const std::shared_ptr<socket_watchdog> dog_;
    const store_settings settings_;
    std::mutex mutex_;
    std::deque<waiter*> waiting_;  ///< rows that no connection has taken yet
    std::vector<std::unique_ptr<connection>> idle_;
    std::size_t in_use_ = 0, being_written_ = 0;
};

}  // namespace pipebench
