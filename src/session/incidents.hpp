// Events during a run: the kill of --chaos, and the connections that a scenario terminates.
#pragma once

#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/run_request.hpp"
#include "session/chaos_plan.hpp"

#include <functional>
#include <vector>

namespace pipebench {

/// Functions that kill servers and terminate connections. Everything they use must outlive the incidents.
struct incident_means {
    std::function<void()> kill_redis, kill_postgres;
    std::function<void()> kill_host{};                     ///< starts the user's command for it
    std::function<std::uint64_t()> terminate_connections;  ///< returns their number
};

/// Unordered; empty if the contestant does not use the process to be killed. `work`, whose seed selects the worker,
/// and the contestant must outlive them, too.
[[nodiscard]] std::vector<incident> incidents_of(const chaos_plan& chaos, const scenario& trouble,
                                                 const contestant& who, const workload& work,
                                                 const incident_means& means);

}  // namespace pipebench
