// Names a process so that a later one can tell whether it still runs, also after its number was used again.
#pragma once

#include <string>
#include <string_view>

namespace pipebench {

/// "host db1 boot 0f..e2 pids 4026531836 pid 4242 start 123456" for the calling process: one boot of one kernel, one
/// namespace of numbers, and the tick of its start.
[[nodiscard]] std::string own_identity();

enum class whereabouts : std::uint8_t {
    here,      ///< it runs on this machine
    gone,      ///< it ran on this machine since its start, and has ended
    elsewhere  ///< of another machine, container or boot, or no identity: not known
};
[[nodiscard]] whereabouts find_process(std::string_view identity);

}  // namespace pipebench
