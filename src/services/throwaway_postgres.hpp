// A throwaway PostgreSQL: started for a session, and removed with it.
#pragma once

#include "services/scratch_directory.hpp"
#include "services/throwaway_server.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pipebench {

struct postgres_settings {
    std::string bindir;               ///< with postgres and initdb; empty: searched
    std::uint64_t connections = 100;  ///< needed by the runs; the server allows some more
};

/// Unix socket only, trust within a 0700 directory, fsync and full_page_writes off, synchronous_commit on. So a crash
/// of the server loses no data; a crash of the machine does, but also ends the session.
class throwaway_postgres {
public:
    /// Returns when it answers. Throws `interrupted`, or setup_error, with the end of the server's log if it did not start. Removes
    /// libpq's variables (PG...) from the environment: call it while there is one thread.
    throwaway_postgres(const scratch_directory& scratch, const postgres_settings& settings,
                       const server_patience& until = {});

    [[nodiscard]] const std::string& connection_string() const noexcept { return connection_string_; }
    [[nodiscard]] pid_t pid() const noexcept { return server_.pid(); }

    /// Kills the server and all its backends with SIGKILL, and starts a new one at once, which recovers the committed
    /// data. Does not wait until it answers.
    void kill_and_start_again() { server_.kill_and_start_again(); }
    /// As throwaway_server::take_failure(). Also for a crash that PostgreSQL recovered from by itself.
    [[nodiscard]] std::string take_failure(const patience& until = {}) { return server_.take_failure(until); }
    /// Throws `interrupted`, or setup_error if it does not answer in time.
    void wait_until_ready(const patience& until = {}) { server_.wait_until_ready(until); }

private:
    std::string connection_string_;
    throwaway_server server_;
};

/// Why the server ended all its processes and recovered, from lines of its log; empty if it did not.
[[nodiscard]] std::string crash_in_postgres_log(const std::vector<std::string>& lines);

}  // namespace pipebench
