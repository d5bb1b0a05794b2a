// The data directory of a throwaway PostgreSQL: made by initdb the first time, later copied from a cache.
#pragma once

#include "system/child_process.hpp"
#include "system/patience.hpp"

#include <filesystem>
#include <optional>

namespace pipebench {

struct new_data_directory {
    std::filesystem::path bindir;        ///< with initdb and postgres
    std::filesystem::path data;          ///< to be made, in a directory that exists
    std::optional<user_identity> owner;  ///< unset: the calling user
};
/// Throws `interrupted` or setup_error.
void make_postgres_data_directory(const new_data_directory& wanted, const patience& until = {});

/// The directory of the cache; empty if neither XDG_CACHE_HOME nor HOME is set.
[[nodiscard]] std::filesystem::path postgres_template_cache();

}  // namespace pipebench
