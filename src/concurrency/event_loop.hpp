// A single-threaded event loop that lives as long as one coroutine does.
#pragma once

#include "pipebench/async.hpp"

#include <functional>

namespace pipebench {

/// Runs `main` on a new io_context(1) in the calling thread. Returns when `main` and everything that it started has
/// ended. Throws what `main` throws. Measures its lag if that is wanted (loop_lag.hpp).
void run_event_loop(const std::function<task<>()>& main);

}  // namespace pipebench
