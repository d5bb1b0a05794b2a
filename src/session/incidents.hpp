// What is to happen during a run: the kill that --chaos asks for, and the connections that a scenario terminates.
#pragma once

#include "contracts/scenario.hpp"
#include "measure/contestant.hpp"
#include "measure/run_request.hpp"
#include "session/chaos.hpp"

#include <functional>
#include <vector>

namespace pipebench {

/// How the servers are killed, and their connections terminated. Whatever they use must outlive the incidents.
struct incident_means {
    std::function<void()> kill_redis, kill_postgres;
    std::function<std::uint64_t()> terminate_connections;  ///< how many there were
};

/// In no order; none for a contestant that does not use what would be killed. `work`, whose seed chooses the worker,
/// and the contestant must outlive them, too.
[[nodiscard]] std::vector<incident> incidents_of(const chaos_plan& chaos, const scenario& trouble,
                                                 const contestant& who, const workload& work,
                                                 const incident_means& means);

}  // namespace pipebench
