// A concurrency pattern: it decides only how orders are scheduled. Patterns never read a clock, print, or open a
// connection themselves.
#pragma once

#include "pipebench/order_log.hpp"
#include "pipebench/order_source.hpp"
#include "pipebench/pipeline.hpp"
#include "pipebench/workload.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace pipebench {

class order_stream;
class process_log;

/// What of a pattern a process does. Only redis-streams has workers that may be on other machines.
enum class run_part : std::uint8_t {
    whole,
    source,  ///< gives orders to workers elsewhere, and counts their results
    workers,  ///< carries out orders of a source elsewhere, until it is asked to stop: then it ends what it has in hand
};

/// Everything that a pattern gets.
struct run_context {
    const workload& work;
    order_source& orders;  ///< gives the next order when it has arrived
    const pipeline_factory& open;
    order_log& out;              ///< records begin and end of every order
    stop_flag stop;              ///< asked before every order
    const order_stream* stream;  ///< in Redis (src/redis/order_stream.hpp); null if the run has no Redis
    std::function<void(std::string_view)> note;  ///< one line for the report: a worker died, was replaced, ...
    run_part part = run_part::whole;
    const process_log* processes = nullptr;  ///< for a fleet of worker processes; may be null
};

/// Resources that the pattern needs with these parameters. They are checked before anything starts.
struct needs {
    std::uint64_t in_flight = 0;  ///< largest number of orders begun and not ended; the floor follows from it
    std::uint64_t database_connections = 0;
    std::uint64_t descriptors = 0;  ///< in the process that opens the most
    std::uint64_t processes = 1;
    std::uint64_t threads = 1;         ///< in each of these processes, at most
    std::uint64_t helpers = 0;         ///< further processes, of one thread each
    std::uint64_t behind_another = 0;  ///< orders that may wait for one that their worker carries out before them
    bool redis = false;
    bool bounds_in_flight = true;  ///< false: under open load nothing but the load bounds it
    bool separate_source = true;   ///< false: what lets orders arrive also has other work to do
    bool event_loops = false;      ///< orders are carried out on event loops, beside which threads may transform them
};

struct pattern {
    std::string_view id;       ///< as on the command line
    std::string_view title;    ///< as in the table
    std::string_view summary;  ///< one line for `list` and --help
    needs (*needs_at)(const workload&);
    void (*run)(const run_context&);  ///< returns after everything that it started has ended
};

/// The table. The command line, `list`, the docs and the contract tests follow from it.
[[nodiscard]] std::span<const pattern> patterns() noexcept;

}  // namespace pipebench
