// The ledger: after the clock has stopped, what came in is held against what is in PostgreSQL. Our own counters
// are not believed. After Jepsen's total-queue checker: what goes in must come out.
#pragma once

#include "contracts/recorder.hpp"
#include "pipebench/order.hpp"
#include "pipebench/result.hpp"
#include "pipeline/order_table.hpp"

#include <functional>
#include <string>

namespace pipebench {

enum class run_extent : std::uint8_t { complete, cut_short };

struct ledger_question {
    std::string postgres;  ///< connection string
    table_name table;
    const recorder& record;
    run_extent extent = run_extent::complete;     ///< cut short: an order that never ended is not lost
    std::function<order_row(order_id)> expected;  ///< empty: rows are held against their own checksum only
};

/// Reads the whole table in pages, in constant memory. Throws setup_error when it cannot be read.
[[nodiscard]] ledger_view check_ledger(const ledger_question& question);

/// For a program that does not report all that it stored: an order in the table that has not ended was stored.
void settle_what_is_there(const std::string& postgres, const table_name& table, recorder& record);

}  // namespace pipebench
