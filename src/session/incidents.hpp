// What is to happen amid a run: the kill that --chaos asks for, and the connections that a scenario terminates.
#pragma once

#include "contracts/scenario.hpp"
#include "measure/run_process.hpp"
#include "pipebench/pattern.hpp"
#include "session/chaos.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"

#include <vector>

namespace pipebench {

/// What they are done to; must outlive the incidents.
struct incident_targets {
    session_services& services;
    session_schema& schema;
};

/// In no order; none for a pattern that does not use what would die. `work`, whose seed chooses the worker, and the
/// pattern must outlive them, too.
[[nodiscard]] std::vector<incident> incidents_of(const chaos_plan& chaos, const scenario& trouble, const pattern& p,
                                                 const workload& work, incident_targets targets);

}  // namespace pipebench
