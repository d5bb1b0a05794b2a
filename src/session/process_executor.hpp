// Executes the runs of a session as processes, with servers of the user or throwaway ones, and with a new table and
// mock API for each run.
#pragma once

#include "measure/schedule_file.hpp"
#include "measure/yardstick.hpp"
#include "session/abandoned.hpp"
#include "session/incidents.hpp"
#include "session/joined_workers.hpp"
#include "session/run_executor.hpp"
#include "session/session.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"
#include "system/signal_watch.hpp"

#include <optional>
#include <string>

namespace pipebench {

/// For the main thread. The destructor ends everything that it has started.
class process_executor final : public run_executor {
public:
    /// `settings` and `signals` must outlive it. `message` gets a line about what cannot be removed at the end.
    process_executor(const session_settings& settings, signal_watch& signals, say message);

    started_servers start_servers(const needs& most, const say& message, const say& warning) override;
    executed_run execute(const run_plan& plan, const on_progress& progress) override;
    ledger_view check_ledger(executed_run& run, const run_plan& plan, bool signalled) override;

private:
    [[nodiscard]] addresses addresses_for(const run_plan& plan, const table_name& table) const;
    [[nodiscard]] run_request request_for(const run_plan& plan, const addresses& where);
    [[nodiscard]] std::vector<watched_service> watched_services(const addresses& where) const;
    void expect_arrivals(run_request& request, recorder& record);
    void start_chaos_command();
    void end_what_workers_have_drained(const run_request& request, executed_run& run);
    void observe(run_request& request, executed_run& run, const on_progress& progress);
    void observe_elsewhere(run_request& request, executed_run& run, const on_progress& progress);
    void look_for_outage(const recorder& record);
    void tell_outage(event_kind kind, const recorder& record) const;
    void tell_change(const worker_change& change, worker_roll::clock::time_point began) const;
    [[nodiscard]] table_name make_table(const run_plan& plan);
    [[nodiscard]] incident_means means();

    const session_settings& settings_;
    signal_watch& signals_;
    say message_;
    session_patience until_;
    std::string id_;
    std::optional<session_services> services_;  // declared before its users, so destroyed after them
    std::optional<session_schema> schema_;
    std::optional<yardstick> yardstick_;
    std::optional<session_keys> keys_;  ///< in a Redis of the user
    std::optional<joined_workers> joined_;
    std::optional<child_process> chaos_;     ///< the user's command that kills a host
    std::optional<mock_api_process> api_;    ///< of the current run
    std::optional<schedule_file> schedule_;  ///< of the current run of a runner
    unsigned runs_ = 0;
    tell_event happened_ = [](const event&) {};       ///< of the current run
    std::optional<mock_api_process::outage> outage_;  ///< of the current run, while it lasts
};

}  // namespace pipebench
