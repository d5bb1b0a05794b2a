// Poison orders of a scenario (scenario.hpp): each kills the process that works on it, like a payload that crashes
// its parser.
#pragma once

#include "pipebench/workload.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace pipebench {

/// Kills the process if the order is poisoned.
inline void die_if_poisoned(const workload& work, order_id id) {
    const bool poisoned = std::find(work.poison.begin(), work.poison.end(), id) != work.poison.end();
    if (poisoned) ::kill(::getpid(), SIGKILL);
}

}  // namespace pipebench
