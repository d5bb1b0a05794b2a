// The machine a result was made on, and what it was doing besides.
#pragma once

#include "pipebench/result.hpp"

namespace pipebench {

[[nodiscard]] box_info describe_box();
[[nodiscard]] build_info describe_build();

/// Time of all cores since boot: how much of it something ran, and how much the hypervisor gave to others.
struct box_time {
    double total_s = 0, busy_s = 0, steal_s = 0;
};
[[nodiscard]] box_time read_box_time();

/// The soft limit of descriptors, raised to the hard one (as root, to what `wanted` needs): the limit that
/// holds from here on, for us and for whatever we start.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

/// How many local ports connections can use: net.ipv4.ip_local_port_range.
[[nodiscard]] std::uint64_t ephemeral_ports();

/// MemAvailable.
[[nodiscard]] std::uint64_t available_memory();

}  // namespace pipebench
