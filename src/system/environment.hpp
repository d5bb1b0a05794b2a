// The environment of this process, and the part of it that child programs get.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

/// PATH, HOME, LANG, TZ and TMPDIR of the calling process, and LC_ALL=C: no variable that could change the behaviour
/// of servers and libraries.
[[nodiscard]] std::vector<std::string> clean_environment();

/// The same for programs that are pipebench: with the variables that tell the loader where its libraries are,
/// and OpenSSL whom to trust.
[[nodiscard]] std::vector<std::string> own_environment();

/// Every variable of the calling process: for commands of the user's.
[[nodiscard]] std::vector<std::string> whole_environment();

/// The path of the running program.
[[nodiscard]] std::string own_binary();

/// The user's variables that libpq and the libraries below it heed ("PGPASSFILE=..."), those of later versions
/// included: for programs that connect to the user's own server.
[[nodiscard]] std::vector<std::string> libpq_variables();

}  // namespace pipebench
