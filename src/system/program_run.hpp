// A program run to its end, with a limit on everything: its time, and what it may print.
#pragma once

#include "system/child_process.hpp"
#include "system/signal_watch.hpp"

#include <chrono>
#include <string>

namespace pipebench {

struct program_limits {
    std::chrono::milliseconds time = std::chrono::minutes(10);
    std::size_t out_bytes = 16u << 20;                              ///< of stdout
    std::size_t err_bytes = 64u << 10;                              ///< of stderr, the last of it
    std::chrono::milliseconds patience = std::chrono::seconds(10);  ///< after SIGTERM: a pipebench drains for 5 s
};

struct program_output {
    enum class ending : std::uint8_t { by_itself, out_of_time, printed_too_much, signalled };
    ending how = ending::by_itself;  ///< signalled: a signal to us ended it
    child_end end;
    std::string out, err;

    /// The last line on stderr, printable; or how it ended, when it printed none.
    [[nodiscard]] std::string last_words() const;
};

/// `settings.descriptors` gets 1 and 2. When it ends otherwise than by itself it is asked to (SIGTERM), and killed
/// when that did not help. Throws setup_error when it cannot be started.
[[nodiscard]] program_output run_program(child_settings settings, const program_limits& limits,
                                         signal_watch& signals);

}  // namespace pipebench
