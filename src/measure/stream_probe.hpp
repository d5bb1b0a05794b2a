// How much is left in the stream of a run, asked of Redis from outside.
#pragma once

#include "contracts/addresses.hpp"
#include "measure/series.hpp"

namespace pipebench {

/// XINFO GROUPS over a connection of its own, which is made at the first call, and anew after a failure. What Redis
/// does not tell is NaN: before 7.0 there is no lag, and while Redis is away there is nothing.
[[nodiscard]] stream_probe stream_probe_for(const addresses& where);

}  // namespace pipebench
