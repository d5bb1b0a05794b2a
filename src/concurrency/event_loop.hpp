// A single-threaded event loop that lives as long as one coroutine does.
#pragma once

#include "pipebench/async.hpp"

#include <functional>

namespace pipebench {

/// Runs `main` on a new io_context(1) of the calling thread, until it has ended and nothing of it is left.
/// Whatever it throws is thrown here.
void run_event_loop(const std::function<task<>()>& main);

}  // namespace pipebench
