// Reads numbers out of the text of files in /proc: see proc(5). Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// The next decimal number in `text`, which is removed from it with all that is before it; 0 if there is none.
std::uint64_t take_number(std::string_view& text);

/// The value in the first line "KEY: VALUE", or "KEY=VALUE" with '=' for a separator, without blanks and quotes
/// around it. Empty if there is no such line.
[[nodiscard]] std::string value_of(std::string_view text, std::string_view key, char separator);

/// The value of a line such as "VmHWM:   1234 kB", in bytes; 0 if there is none.
[[nodiscard]] std::uint64_t bytes_of(std::string_view text, std::string_view key);

/// Parts of /proc/PID/stat.
struct process_stat {
    char state = '?';  ///< Z: a zombie
    pid_t parent = 0, group = 0;
    std::uint64_t threads = 0;
    std::uint64_t cpu_ticks = 0;   ///< user and system, of the process and of the children it waited for
    std::uint64_t start_tick = 0;  ///< since boot
};
/// nullopt for other text, such as the empty one of a process that has ended.
[[nodiscard]] std::optional<process_stat> parse_process_stat(std::string_view text);

/// Resident pages, from /proc/PID/statm.
[[nodiscard]] std::uint64_t resident_pages(std::string_view statm);

/// The time of all cores since boot, from the first line of /proc/stat. A guest's time is part of user and nice.
struct cpu_ticks {
    std::uint64_t total = 0, busy = 0, steal = 0;
};
[[nodiscard]] cpu_ticks parse_cpu_line(std::string_view stat);

}  // namespace pipebench
