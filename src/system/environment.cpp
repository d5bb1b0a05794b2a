#include "system/environment.hpp"

#include "contracts/error.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

namespace pipebench {

std::vector<std::string> clean_environment() {
    std::vector<std::string> out{"LC_ALL=C"};
    for (const char* name : {"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
        if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
    return out;
}

std::string own_binary() {
    std::string path(PATH_MAX, '\0');
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length < 0) throw system_failure("cannot read /proc/self/exe", errno);
    path.resize(static_cast<std::size_t>(length));
    return path;
}

std::vector<std::string> libpq_variables() {
    std::vector<std::string> out;
    for (const char* name : {"PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGSSLROOTCERT",
                             "PGSSLCERT", "PGSSLKEY", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE"})
        if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
    return out;
}

}  // namespace pipebench
