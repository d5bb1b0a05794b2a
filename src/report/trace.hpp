// A trace of sampled orders in the Chrome trace event format, which Perfetto and chrome://tracing open
// (docs/trace.schema.json). Pure.
//
// A run is a process of the trace. Its tracks are places in flight: an order has one for as long as it is traced, so
// that what stands on a track is one order after another and never overlaps. An order that two have in hand at the same
// time has a place for each. All runs begin at 0, so that the same order can be compared between patterns.
#pragma once

#include "contracts/span_log.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pipebench::reporting {

struct placed_span {
    span what;
    std::uint64_t track = 0;  ///< from 1
};

/// By track, and by time on each.
[[nodiscard]] std::vector<placed_span> place(std::vector<span> spans);

struct trace_of_session {
    std::vector<traced_run> runs{};
    double share = 0;  ///< of the orders
    std::uint64_t seed = 0;
    std::uint64_t beyond = 0;  ///< spans that were not kept
};

[[nodiscard]] std::string to_trace(const trace_of_session& trace);

}  // namespace pipebench::reporting
