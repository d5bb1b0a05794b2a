// A run's own numbers, from what it told the recorder and what was seen of it from outside. Pure.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_process.hpp"
#include "pipebench/result.hpp"

#include <cstdint>

namespace pipebench {

/// Counts, times, latencies, memory, CPU, series and notes. What depends on the API, the ledger and the session is left
/// out.
[[nodiscard]] run_result account_of(const recorder& record, const run_observation& seen, std::uint64_t cores);

/// What was killed, and what it took to come back. `run`: with its time and the API's view.
[[nodiscard]] recovery_view recovery_of(const run_result& run, const recorder& record, const run_observation& seen);

}  // namespace pipebench
