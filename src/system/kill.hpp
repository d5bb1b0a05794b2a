// Ends processes without asking them.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace pipebench {

/// SIGKILL to one child of the process, chosen by `choice`. Its pid, or 0: there is none.
pid_t kill_a_child(pid_t parent, std::uint64_t choice);

/// SIGKILL to a process and all its descendants; returns when they are gone, or after a limit of 5 s. The process itself
/// is not reaped.
void kill_tree(pid_t root);

}  // namespace pipebench
