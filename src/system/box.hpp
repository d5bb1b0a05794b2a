// The machine ("box") that a result is measured on, and how busy it is.
#pragma once

#include "pipebench/result.hpp"
#include "system/control_groups.hpp"

#include <string>
#include <string_view>

namespace pipebench {

/// Cores that this process may use.
[[nodiscard]] std::uint64_t usable_cores();

[[nodiscard]] box_info describe_box();
[[nodiscard]] build_info describe_build();

/// Time of all cores since boot: the part in which something ran, and the part that the hypervisor gave to other
/// guests.
struct box_time {
    double total_s = 0, busy_s = 0, steal_s = 0;
    double throttled_s = 0;  ///< control_groups::throttled_s()
};
[[nodiscard]] box_time read_box_time();

/// Raises the soft limit of open descriptors to the hard one, or as root to `wanted` if that is more. Returns the
/// limit that now holds for us and for the programs that we start.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

/// How many local ports connections can use: net.ipv4.ip_local_port_range.
[[nodiscard]] std::uint64_t ephemeral_ports();

/// MemAvailable, or what our control groups leave of it; no_limit if the kernel does not tell.
[[nodiscard]] std::uint64_t available_memory();

/// How many more threads and processes this user may start: 'ulimit -u', which does not hold for root, and pids.max
/// of our control groups.
[[nodiscard]] std::uint64_t startable_threads();

/// How many threads fit into the address space of one process ('ulimit -v').
[[nodiscard]] std::uint64_t threads_per_process();

}  // namespace pipebench
