// Processes and their descendants, read from /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace pipebench {

/// Which threads of a process may have children. The processes of our patterns have theirs from the main thread, but
/// for those that transform (--transform-on processes:N). Reading every thread costs more.
enum class forks_from : std::uint8_t { main_thread, any_thread };

/// Whether the kernel lists the children of a thread (CONFIG_PROC_CHILDREN). If not, each of the functions below
/// reads every process of the machine.
[[nodiscard]] bool kernel_lists_children();

void for_each_child(pid_t pid, forks_from whom, const std::function<void(pid_t)>& f);
/// The root first.
void for_each_in_tree(pid_t root, forks_from whom, const std::function<void(pid_t)>& f);

/// The children of every process of the machine, by their parent.
using children_by_parent = std::multimap<pid_t, pid_t>;
[[nodiscard]] children_by_parent all_children();

/// User and system time of the tree, including the children that its processes have waited for. Resolution: 10 ms.
/// NaN if the root has ended.
[[nodiscard]] double tree_cpu_seconds(pid_t root);

[[nodiscard]] std::size_t tree_size(pid_t root);

/// Without zombies.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);
/// False for a zombie.
[[nodiscard]] bool is_alive(pid_t pid);
/// Whether the process group has a member that is no zombie. Reads every process of the machine.
[[nodiscard]] bool group_is_alive(pid_t group);

/// Threads of all processes of this user, as 'ulimit -u' counts them.
[[nodiscard]] std::uint64_t threads_of_user(uid_t user);

/// VmHWM of the calling process.
[[nodiscard]] std::uint64_t own_peak_rss();

}  // namespace pipebench
