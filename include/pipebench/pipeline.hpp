// One order's way through fetch, transform and store, as a pattern sees it: give an id, get an outcome.
#pragma once

#include "pipebench/async.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <memory>

namespace pipebench {

/// For one worker that may block. Not thread-safe: each worker opens its own.
class blocking_pipeline {
public:
    virtual ~blocking_pipeline() = default;
    /// Takes the order through all stages, retries included. Never throws for a failed order.
    virtual outcome process(order_id id) = 0;
};

/// For one event loop: any number of orders at the same time, all on the loop's thread.
class async_pipeline {
public:
    virtual ~async_pipeline() = default;
    /// As above. Cancelling is not supported: an order ends by itself within the order timeout.
    virtual task<outcome> process(order_id id) = 0;
    /// Ends the connections. Nothing may be in flight.
    virtual void close() noexcept = 0;
};

/// Opens the pipelines of a run's workers: each has its own fetcher, and its own store or a share of one. Any thread
/// may call it, but only after the fork of its process. Pipelines must not outlive it.
class pipeline_factory {
public:
    virtual ~pipeline_factory() = default;
    [[nodiscard]] virtual std::unique_ptr<blocking_pipeline> blocking() const = 0;
    /// `database_connections`: the size of this loop's pool.
    [[nodiscard]] virtual task<std::unique_ptr<async_pipeline>> async(unsigned database_connections) const = 0;
};

}  // namespace pipebench
