// Reads version and settings of a Redis server, throwaway or not.
#pragma once

#include "pipebench/result.hpp"

#include <string>
#include <vector>

namespace pipebench {

struct inspected_redis {
    server_info server;
    std::vector<std::string> warnings;  ///< about its settings, for the user
};

/// Connects once. Throws setup_error, without secrets, also if the server is older than 6.2 and so has no XAUTOCLAIM.
[[nodiscard]] inspected_redis inspect_redis(const std::string& url, std::string origin);

}  // namespace pipebench
