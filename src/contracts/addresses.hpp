// The addresses of a run's components.
#pragma once

#include <string>

namespace pipebench {

/// Holds secrets: never print it, never put it into argv.
struct addresses {
    std::string target;    ///< http://host:port[/prefix] of the order API
    std::string postgres;  ///< a libpq connection string
    std::string redis;     ///< unix:///path or redis://[user:password@]host:port[/db]; empty without redis
    std::string schema;    ///< the session's schema in PostgreSQL
    std::string table;     ///< the run's table in it
    std::string stream;    ///< the run's key prefix in Redis
    /// The IP address of the target that answered the session; empty: the target's host is an IP address.
    std::string target_address{};
};

}  // namespace pipebench
