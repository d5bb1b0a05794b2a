// A throwaway PostgreSQL: started for a session, gone with it. Also: what a user's own PostgreSQL is and needs.
#pragma once

#include "pipebench/result.hpp"
#include "services/scratch_directory.hpp"
#include "system/child_process.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct postgres_settings {
    std::string bindir;               ///< empty: found by itself
    std::uint64_t connections = 100;  ///< that the runs need; the server gets some more
};

/// Unix socket only, trust within a 0700 directory, fsync and full_page_writes off, synchronous_commit on: a
/// crash of the server loses nothing, a crash of the machine loses all, which is the idea.
class throwaway_postgres {
public:
    /// Returns when it answers. Throws setup_error, with the end of the server's log if it did not start. Takes
    /// libpq's variables (PG...) out of the environment: call it while there is one thread.
    throwaway_postgres(const scratch_directory& scratch, const postgres_settings& settings);
    ~throwaway_postgres();

    [[nodiscard]] const std::string& connection_string() const noexcept { return connection_string_; }
    [[nodiscard]] pid_t pid() const noexcept { return server_->pid(); }

    /// SIGKILL to the server and all its backends, and a new one at once, which recovers what was committed. Does not
    /// wait until it answers.
    void kill_and_start_again();
    void wait_until_ready();  ///< throws setup_error when it does not come to that

private:
    std::filesystem::path bindir_, home_;
    std::uint64_t connections_;
    std::optional<user_identity> user_;
    std::optional<child_process> server_;
    std::string connection_string_;
};

/// Where initdb's work is kept for the next start; empty when there is no home to keep it in.
[[nodiscard]] std::filesystem::path postgres_template_cache();

/// What a connection string says about the server, without secrets: "host=db port=5432 dbname=app user=me".
/// Throws setup_error, which repeats no part of it, when it is not a connection string, or may be one with a password
/// that was not encoded: half of it would be a host or a database.
[[nodiscard]] std::string printable_postgres(const std::string& connection_string);

/// Connects once, and asks for version and settings. Throws setup_error without secrets.
[[nodiscard]] server_info inspect_postgres(const std::string& connection_string, std::string origin);

/// How many connections more the server will take, as far as it tells.
[[nodiscard]] std::uint64_t free_connections(const std::string& connection_string);

}  // namespace pipebench
