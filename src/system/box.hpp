// The machine ("box") that a result is measured on, and how busy it is.
#pragma once

#include "pipebench/result.hpp"

namespace pipebench {

/// Cores that this process may use.
[[nodiscard]] std::uint64_t usable_cores();

[[nodiscard]] box_info describe_box();
[[nodiscard]] build_info describe_build();

/// Time of all cores since boot: the part in which something ran, and the part that the hypervisor gave to other
/// guests.
struct box_time {
    double total_s = 0, busy_s = 0, steal_s = 0;
};
[[nodiscard]] box_time read_box_time();

/// Raises the soft limit of open descriptors to the hard one, or as root to `wanted` if that is more. Returns the
/// limit that now holds for us and for the programs that we start.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

/// How many local ports connections can use: net.ipv4.ip_local_port_range.
[[nodiscard]] std::uint64_t ephemeral_ports();

/// MemAvailable.
[[nodiscard]] std::uint64_t available_memory();

}  // namespace pipebench
