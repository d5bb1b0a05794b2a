// An order that kills the process that works on it, as a payload that crashes its parser does: for the scenarios
// (scenario.hpp).
#pragma once

#include "pipebench/workload.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace pipebench {

/// Does not return when the order is one of the poisoned.
inline void die_if_poisoned(const workload& work, order_id id) {
    const bool poisoned = std::find(work.poison.begin(), work.poison.end(), id) != work.poison.end();
    if (poisoned) ::kill(::getpid(), SIGKILL);
}

}  // namespace pipebench
