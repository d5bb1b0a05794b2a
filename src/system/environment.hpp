// What this process inherited, and what of it the programs that we start may see.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

/// The calling process' environment without what changes the behaviour of servers and libraries we start:
/// PATH, HOME, LANG, TZ and TMPDIR only, with LC_ALL=C.
[[nodiscard]] std::vector<std::string> clean_environment();

/// Path of the running program.
[[nodiscard]] std::string own_binary();

/// The user's libpq variables ("PGPASSFILE=..."): for programs that connect to the user's own server.
[[nodiscard]] std::vector<std::string> libpq_variables();

}  // namespace pipebench
