// Where the servers' programs are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace pipebench {

/// In the directories of PATH, and those of the system administrator.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

/// The directory with initdb and postgres: `given` (--pg-bindir) or PIPEBENCH_PG_BINDIR if set, else the newest
/// version where Debian, Red Hat and the source build put it, else PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_postgres_bindir(const std::string& given);

/// What `program argument` prints, first line, at most 200 bytes; empty when it fails.
[[nodiscard]] std::string first_line_of(const std::filesystem::path& program, const char* argument);

}  // namespace pipebench
