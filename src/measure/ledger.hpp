// The ledger compares the orders of a run with the rows in PostgreSQL after the clock has stopped. It does not trust
// the counters of the run. Modelled on the total-queue checker of Jepsen: everything that goes in must come out.
#pragma once

#include "contracts/recorder.hpp"
#include "pipebench/order.hpp"
#include "pipebench/result.hpp"
#include "pipeline/order_table.hpp"
#include "pipeline/transform_work.hpp"
#include "services/postgres_client.hpp"

#include <functional>

namespace pipebench {

enum class run_extent : std::uint8_t { complete, cut_short };

/// Limits for the ledger's connection: a server that restarts meanwhile is waited for.
inline constexpr postgres_limits ledger_limits{.away = std::chrono::seconds(30)};

struct ledger_question {
    postgres_client& postgres;
    table_name table;
    const recorder& record;
    run_extent extent = run_extent::complete;     ///< if cut_short, an order that never ended is not lost
    std::function<order_row(order_id)> expected;  ///< if empty, a row is only compared with its own checksum
    transform_work extra{};                       ///< of the run: every row's checksum contains it
};

/// Reads the whole table in pages, in constant memory. Throws `interrupted`, or setup_error when it cannot be read.
[[nodiscard]] ledger_view check_ledger(const ledger_question& question);

/// For a runner that does not report every stored order: records an order with a row as stored unless it has ended.
/// Throws as check_ledger() does.
void settle_what_is_there(postgres_client& postgres, const table_name& table, recorder& record);

}  // namespace pipebench
