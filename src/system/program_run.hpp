// Runs a program to its end, with limits on its time and its output.
#pragma once

#include "system/child_process.hpp"
#include "system/patience.hpp"

#include <chrono>
#include <string>

namespace pipebench {

struct program_limits {
    std::chrono::milliseconds time = std::chrono::minutes(10);
    std::size_t out_bytes = 16u << 20;  ///< of stdout; a program that prints more is stopped
    std::size_t err_bytes = 64u << 10;  ///< of stderr; of more, the last bytes are kept
    std::chrono::milliseconds patience = std::chrono::seconds(10);  ///< after SIGTERM: a pipebench drains for 5 s
};

struct program_output {
    enum class ending : std::uint8_t { by_itself, out_of_time, printed_too_much, signalled };
    ending how = ending::by_itself;  ///< signalled: we received a signal and stopped it
    child_end end;
    std::string out, err;

    /// The last line on stderr, printable; or how it ended, if it printed none.
    [[nodiscard]] std::string last_words() const;
};

/// Sets descriptors 1 and 2 of `settings`. A program that is out of time or prints too much, or is running when `until`
/// has no more patience, gets SIGTERM, and SIGKILL after `limits.patience`. After its end the rest of its process group
/// is killed. Throws setup_error if it cannot be started.
[[nodiscard]] program_output run_program(child_settings settings, const program_limits& limits,
                                         const patience& until = {});

}  // namespace pipebench
