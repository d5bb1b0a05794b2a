// A worker of a session elsewhere: joins it, carries out orders of each of its runs in processes of its own, and says
// twice a second what these use. The agent itself touches no order.
#pragma once

#include "measure/record_watch.hpp"
#include "metrics/live_feed.hpp"
#include "pipebench/duration.hpp"
#include "system/signal_watch.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace pipebench {

struct worker_settings {
    std::string name;                     ///< of the session
    std::string redis, postgres, target;  ///< as this machine reaches them; they hold secrets
    unsigned processes = 0, workers = 0, batch = 0, db_connections = 0;  ///< 0: as the session has them
    duration wait = std::chrono::seconds{60};                            ///< until there is such a session
    duration grace = std::chrono::seconds{70};  ///< to end what is in hand, after a signal or the end of the session
    std::string binary;                         ///< path of the pipebench binary
    live_feed* feed = nullptr;                  ///< is told what goes on; null: nobody is
};

struct worker_outcome {
    std::uint64_t runs = 0, orders = 0;  ///< that it took part in, and ended
    std::uint64_t left_pending = 0;      ///< orders in hand that it could not end: other workers take them over
    std::string failure;                 ///< why it gave up; empty if it has signed off
};

/// Waits for the session, checks version, PostgreSQL and target, joins, and follows it from run to run. Returns when the
/// session is over or gone, or after a signal, with everything in hand acknowledged as far as the grace allows; a
/// second signal ends it at once. `say` gets a line for each step, `happened` what happens. Throws setup_error before it
/// has joined, and `interrupted` after a signal before that. Main thread only.
[[nodiscard]] worker_outcome work_for_session(
    const worker_settings& settings, signal_watch& signals, const std::function<void(const std::string&)>& say,
    const tell_event& happened = [](const event&) {});

}  // namespace pipebench
