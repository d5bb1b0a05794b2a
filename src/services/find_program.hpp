// Finds the programs of the servers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace pipebench {

// All paths are absolute, also where PATH or an option names a relative one.

/// Searches the directories of PATH, then those of the system administrator.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

/// The directory with initdb and postgres: `given` (--pg-bindir) or PIPEBENCH_PG_BINDIR if set; else the newest
/// version in the directories of Debian, Red Hat and a build from source; else PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_postgres_bindir(const std::string& given);

/// redis-server, or else valkey-server.
[[nodiscard]] std::optional<std::filesystem::path> find_redis_server();

/// The first line that `program argument` prints, at most 200 bytes; empty if it fails. Throws setup_error if it
/// cannot be started.
[[nodiscard]] std::string first_line_of(const std::filesystem::path& program, const char* argument);

}  // namespace pipebench
