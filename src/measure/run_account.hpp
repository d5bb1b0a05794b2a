// A run's row in the result: from what it left in the record, what was seen of it from outside, what the API counted
// and what is in the database. Pure.
#pragma once

#include "analysis/verdict.hpp"
#include "contracts/recorder.hpp"
#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/ledger.hpp"
#include "measure/run_observation.hpp"
#include "pipebench/result.hpp"
#include "services/mock_api_process.hpp"

namespace pipebench {

/// What a run left to account for it by.
struct run_evidence {
    const recorder& record;
    const run_observation& seen;
    const mock_api_process::usage& api;  ///< known only of our own mock API
    const ledger_view& ledger;
};

/// Under which circumstances it was measured.
struct run_terms {
    const contestant& who;
    const scenario& trouble;
    const workload& work;
    server_owner target = server_owner::pipebench;
    server_owner servers = server_owner::pipebench;  ///< user: the user gave at least one of them
    bool signalled = false;                          ///< a signal came during the run, or before its end was seen
    std::uint64_t cores = 1;
    double busy_limit = default_busy_limit;
    const build_info& build;
};

/// The whole row, but for its place in the session.
[[nodiscard]] run_result account_of(const run_evidence& evidence, const run_terms& terms);

/// Complete: it came to its end by itself, and succeeded.
[[nodiscard]] run_extent extent_of(const recorder& record, const run_observation& seen, bool signalled);

/// The work whose latencies we simulate, from which the floor follows: a target that the user gave has its own.
[[nodiscard]] workload simulated_work(workload work, server_owner target);

/// What was killed, and what it took to come back. `run`: with its time and the API's view. `counts_calls`: the API's
/// view and the record have every call.
[[nodiscard]] recovery_view recovery_of(const run_result& run, const recorder& record, const run_observation& seen,
                                        bool counts_calls);

}  // namespace pipebench
