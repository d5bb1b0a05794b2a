// Asks Redis how much is left in the stream of a run.
#pragma once

#include "contracts/addresses.hpp"
#include "measure/series.hpp"

namespace pipebench {

/// Sends XINFO GROUPS over its own connection, which it opens at the first call and again after a failure. Unknown
/// values are NaN: the lag before Redis 7.0, and both while Redis is away. While Redis does not answer, a call takes
/// up to 200 ms every two seconds.
[[nodiscard]] stream_probe stream_probe_for(const addresses& where);

}  // namespace pipebench
