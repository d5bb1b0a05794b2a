// A concurrency pattern: how orders are scheduled, and nothing else. Patterns never read a clock, never print,
// never open a connection by themselves.
#pragma once

#include "pipebench/order_log.hpp"
#include "pipebench/pipeline.hpp"
#include "pipebench/workload.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace pipebench {

class order_stream;

/// All that a pattern may know.
struct run_context {
    const workload& work;
    const pipeline_factory& open;
    order_log& out;              ///< told about every order exactly once
    stop_flag stop;              ///< asked before every order
    const order_stream* stream;  ///< in Redis (src/redis/order_stream.hpp); null: the run has no Redis
    std::function<void(std::string_view)> note;  ///< one line for the report: a worker died, was replaced, ...
};

/// What the pattern needs of the machine at these parameters: checked before anything starts.
struct needs {
    std::uint64_t in_flight = 0;  ///< most orders that are begun and not ended; the floor follows from it
    std::uint64_t database_connections = 0;
    std::uint64_t descriptors = 0;  ///< in the process that opens the most
    std::uint64_t processes = 1;
    bool redis = false;
};

struct pattern {
    std::string_view id;       ///< as on the command line
    std::string_view title;    ///< as in the table
    std::string_view summary;  ///< one line for `list` and --help
    needs (*needs_at)(const workload&);
    void (*run)(const run_context&);  ///< returns only when nothing it started is alive
};

/// The table. The command line, `list`, the docs and the contract tests follow from it.
[[nodiscard]] std::span<const pattern> patterns() noexcept;

}  // namespace pipebench
