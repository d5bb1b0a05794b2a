// Finds the IP addresses of a host.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

/// All addresses in the order in which to try them (RFC 6724), as text; of an IP address itself, that one. Blocks for
/// as long as the system's resolver does (resolv.conf(5): by default 10 s per server). Any thread. Throws
/// setup_error, which names the host, if there is none.
[[nodiscard]] std::vector<std::string> addresses_of(const std::string& host);

}  // namespace pipebench
