// Reads version and settings of a Redis server, throwaway or not, and tries what the runs will use.
#pragma once

#include "pipebench/result.hpp"
#include "system/patience.hpp"

#include <string>
#include <vector>

namespace pipebench {

struct inspected_redis {
    server_info server;
    std::vector<std::string> warnings;  ///< about its settings, for the user
};

/// Connects once. Throws setup_error, without secrets, also if the server cannot carry a run: it is older than 6.2 and
/// so has no XAUTOCLAIM, is a node of a cluster, or refuses a command that redis-streams sends. `until`: what ends a
/// wait early.
[[nodiscard]] inspected_redis inspect_redis(const std::string& url, std::string origin, const patience& until = {});

}  // namespace pipebench
