// How long a session waits for others in each of its phases. docs/waits.md lists the waits.
#pragma once

#include "services/throwaway_server.hpp"
#include "system/patience.hpp"

namespace pipebench {

/// After a signal, the phases of a session's end share the grace period and a little more, in this order.
struct session_patience {
    static constexpr std::chrono::milliseconds for_the_ledger{1000}, for_the_end{1500};

    patience before_a_run;  ///< nothing is lost yet: the first signal ends it
    patience after_a_run;  ///< reads the ledger and the counters of the API, also of a run that used all of the grace
    patience at_the_end;   ///< drops the tables and stops the servers

    session_patience(signal_watch& signals, duration grace)
        : before_a_run(signals, duration{}),
          after_a_run(signals, grace + for_the_ledger),
          at_the_end(signals, grace + for_the_end) {}

    [[nodiscard]] server_patience for_servers() const { return {before_a_run, at_the_end}; }
};

}  // namespace pipebench
