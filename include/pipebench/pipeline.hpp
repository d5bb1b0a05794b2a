// One order's way through fetch, transform and store, as a pattern sees it: give an id, get an outcome.
#pragma once

#include "contracts/traffic.hpp"
#include "pipebench/async.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"

#include <memory>
#include <string>

namespace pipebench {

/// Where the real components are. Holds secrets: never print it, never put it into argv.
struct addresses {
    std::string target;    ///< http://host:port[/prefix] of the order API
    std::string postgres;  ///< a libpq connection string
    std::string redis;     ///< unix:///path or redis://[user:password@]host:port[/db]; empty without redis
    std::string schema;    ///< the session's schema in PostgreSQL
    std::string table;     ///< the run's table in it
    std::string stream;    ///< the run's key prefix in Redis
};

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

/// Gives each worker its own fetcher, and a store or its share of one. Copyable; open after a fork, never before.
class pipeline_factory {
public:
    /// `shared`: what all workers of the run share (recorder.hpp); without it, what this factory opens shares its own.
    pipeline_factory(const workload& work, addresses where, traffic_state* shared = nullptr);

    [[nodiscard]] std::unique_ptr<blocking_pipeline> blocking() const;
    /// `database_connections`: the size of this loop's pool.
    [[nodiscard]] task<std::unique_ptr<async_pipeline>> async(unsigned database_connections) const;
    [[nodiscard]] const addresses& where() const noexcept { return where_; }

private:
    struct common;
    [[nodiscard]] std::shared_ptr<class blocking_store> shared_rows() const;

    const workload* work_;
    addresses where_;
    std::shared_ptr<common> common_;
};

}  // namespace pipebench
