// The session's side of its metrics process: starts it, and tells it what goes on. Nothing here waits: a process that
// dies or stops reading is given up with a warning, and the session goes on.
#pragma once

#include "contracts/recorder.hpp"
#include "metrics/listen_address.hpp"
#include "metrics/live_messages.hpp"
#include "system/child_process.hpp"

#include <functional>
#include <optional>
#include <string>

namespace pipebench {

class live_feed {
public:
    using say = std::function<void(const std::string&)>;

    /// Listens at once, so that a port in use is refused before anything else starts: throws setup_error. `binary` is
    /// pipebench; `warning` gets at most one line. Main thread only.
    live_feed(listen_address where, const std::string& binary, const session_opening& session, say warning);

    [[nodiscard]] std::string url() const { return where_.url(); }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }

    void tell(live_message m);
    void begin_run(const run_opening& what, const recorder& record);

private:
    struct started;
    live_feed(started s, say warning);
    static started start(listen_address where, const std::string& binary);
    void send(const std::string& text, int fd);
    void give_up(const std::string& why);

    listen_address where_;
    descriptor channel_;  ///< not open: given up
    child_process process_;
    say warning_;
};

}  // namespace pipebench
