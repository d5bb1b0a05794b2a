// Interface with which a session starts servers, and executes and checks runs. process_executor implements it; tests
// use one that starts nothing.
#pragma once

#include "contracts/recorder.hpp"
#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/run_process.hpp"
#include "pipebench/result.hpp"
#include "pipeline/order_table.hpp"
#include "services/mock_api_process.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct run_plan {
    const contestant& who;
    const scenario& trouble;
    tell_event happened = [](const event&) {};  ///< gets what happens in the run, on the session's thread
};

struct executed_run {
    recorder record;
    run_observation seen{};
    mock_api_process::usage api{};
    table_name table{};
    std::optional<yardstick_view> yardstick{};  ///< measured before it
};

struct started_servers {
    std::vector<server_info> servers;
    std::string schema;  ///< in PostgreSQL, for the tables
};

class run_executor {
public:
    using say = std::function<void(const std::string&)>;

    run_executor() = default;
    run_executor(const run_executor&) = delete;
    run_executor& operator=(const run_executor&) = delete;
    virtual ~run_executor() = default;

    // Each function throws `interrupted` when a signal has ended one of its waits, and setup_error for other failures.

    /// Called once, before the first run. `message` gets a line per server, `warning` problems of its settings.
    virtual started_servers start_servers(const needs& most, const say& message, const say& warning) = 0;
    /// Returns when all processes of the run have ended.
    virtual executed_run execute(const run_plan& plan, const on_progress& progress) = 0;
    /// Compares the record with the table, which is not needed any more. Completes the record of a contestant that
    /// reports in lines.
    virtual ledger_view check_ledger(executed_run& run, const run_plan& plan, bool signalled) = 0;
};

}  // namespace pipebench
