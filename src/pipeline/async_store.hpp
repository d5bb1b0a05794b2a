// Writes rows from one event loop through a pool of connections in libpq's pipeline mode: one statement per row, many
// of them in flight on each connection; or, in batches, one statement at a time on each connection, with all rows
// that waited for it.
#pragma once

#include "contracts/run_findings.hpp"
#include "pipebench/async.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipeline/order_table.hpp"
#include "pipeline/row_batches.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pipebench {

class pg_connection;

/// Used by one event loop. The next row that needs a lost connection opens it again.
class async_store {
public:
    using time_point = std::chrono::steady_clock::time_point;

    async_store(executor ex, std::string connection_string, const table_name& table, store_settings settings,
                run_findings findings = {});
    async_store(async_store&&) noexcept;
    ~async_store();

    /// Opens all connections while the first orders are fetched. Rows that come earlier wait for them; later rows try
    /// again to open those that failed. The event loop runs until each is open or has failed.
    void start_opening(time_point deadline);

    /// Writes one row in one transaction, and ends by the deadline; `none` if the commit was confirmed. Never throws
    /// for a failed statement or connection. The row must live until then.
    task<error_kind> store(const order_row& row, time_point deadline);

    /// Ends the connections. Nothing may be in flight.
    void close() noexcept;

private:
    class batch_writer;
    using connection_list = std::vector<std::shared_ptr<pg_connection>>;

    executor executor_;
    connection_list connections_;
    std::unique_ptr<batch_writer> batches_;  ///< null: a statement per row
};

}  // namespace pipebench
