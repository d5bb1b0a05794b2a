// Kills processes.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace pipebench {

/// Sends SIGKILL to one child of the process, chosen by `choice`. Returns its pid, or 0 if there is no child.
pid_t kill_a_child(pid_t parent, std::uint64_t choice);

/// Sends SIGKILL to a process and all its descendants. Returns when the descendants have ended, or after 5 s. Does
/// not reap the process itself.
void kill_tree(pid_t root);

}  // namespace pipebench
