// Frees this process from what it has inherited.
#pragma once

namespace pipebench {

/// Call it first in main. Opens those of the descriptors 0 to 2 that are closed on /dev/null, so that no file or
/// socket gets their numbers; writing to it fails, as to a closed one. Gives signals that the parent ignores their
/// default action, except those of a terminal (nohup, a background job), ignores SIGPIPE, and blocks no signal. Takes
/// from the umask what would keep us out of our own files.
void prepare_own_process() noexcept;

}  // namespace pipebench
