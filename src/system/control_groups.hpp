// What the control groups of a process allow it: cgroups(7), versions 1 and 2 and both at once, wherever in the
// hierarchy a limit binds. A container is such a group.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

/// What is left of a limit of which `used` is used; no_limit of no limit.
[[nodiscard]] constexpr std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) noexcept {
    return limit == no_limit ? limit : limit - std::min(limit, used);
}

struct group_limits {
    double cores = std::numeric_limits<double>::infinity();  ///< CPU time per time: cpu.max, cpu.cfs_quota_us
    std::uint64_t memory_bytes = no_limit;                   ///< memory.max, memory.limit_in_bytes
    /// What is not used of it; file pages that the kernel can drop count as not used.
    std::uint64_t memory_left_bytes = no_limit;
    std::uint64_t processes = no_limit;  ///< pids.max: threads and processes
    std::uint64_t processes_left = no_limit;
};

/// The groups of a process, and those that they are in. A file that is missing or says "max" limits nothing.
class control_groups {
public:
    /// Of this process.
    control_groups();
    /// `own`: text of /proc/PID/cgroup; `mounts`: text of /proc/PID/mountinfo.
    control_groups(std::string_view own, std::string_view mounts);

    /// Each limit is the smallest of all groups.
    [[nodiscard]] group_limits limits() const;

    /// How long the kernel has held the processes of these groups back because their share of the CPU was used up, in
    /// seconds over all cores; since the groups exist.
    [[nodiscard]] double throttled_s() const;

private:
    using directories = std::vector<std::filesystem::path>;

    [[nodiscard]] const directories& of(const std::string& controller) const;

    /// By controller; version 2 has the name "". The group itself first, the mount last.
    std::map<std::string, directories> groups_;
};

}  // namespace pipebench
