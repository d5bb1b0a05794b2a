// Computes the row of a run in the result from its record, the observation from outside, the counters of the API and
// the database. Pure.
#pragma once

#include "analysis/forecast.hpp"
#include "analysis/verdict.hpp"
#include "contracts/recorder.hpp"
#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/ledger.hpp"
#include "measure/run_observation.hpp"
#include "pipebench/result.hpp"
#include "services/mock_api_process.hpp"

#include <string>

namespace pipebench {

struct checked_ledger {
    ledger_view view;
    std::string failure;  ///< why it could not be read; only if it was not checked
};

/// The data about a run from which its row is computed.
struct run_evidence {
    const recorder& record;
    const run_observation& seen;
    const mock_api_process::usage& api;  ///< known only for the mock API of the session
    const checked_ledger& ledger;
};

/// The conditions of the run.
struct run_terms {
    const contestant& who;
    const scenario& trouble;
    const workload& work;
    server_owner target = server_owner::pipebench;
    server_owner postgres = server_owner::pipebench;
    server_owner servers = server_owner::pipebench;  ///< user: the user gave at least one of them
    bool signalled = false;                          ///< a signal came during the run, or before its end was seen
    double cores = 1;                                ///< usable: box_info::usable_cores()
    std::uint64_t all_cores = 1;                     ///< box_info::cores
    double busy_limit = default_busy_limit;
    const build_info& build;
};

/// The whole row except its place in the session.
[[nodiscard]] run_result account_of(const run_evidence& evidence, const run_terms& terms);

/// The same for a run that could not begin, or of which nothing was observed. `why`: one line.
[[nodiscard]] run_result account_of_failure(const std::string& why, const run_terms& terms);

/// `complete` if the run ended by itself and succeeded.
[[nodiscard]] run_extent extent_of(const recorder& record, const run_observation& seen, bool signalled);

/// The work with the latencies that pipebench simulates, from which the floor is computed. A target that the user
/// gave has its own latencies.
[[nodiscard]] workload simulated_work(workload work, server_owner target);

/// What is known before an open run from which its load follows. `work` must outlive it.
[[nodiscard]] forecast_terms expected_of(const contestant& who, const workload& work, server_owner target);

/// What was killed, and the cost of the recovery. `run` has its time and the API's view already. `counts_calls`: the
/// API's view and the record contain every call.
[[nodiscard]] recovery_view recovery_of(const run_result& run, const recorder& record, const run_observation& seen,
                                        bool counts_calls);

}  // namespace pipebench
