#include "system/environment.hpp"

#include "contracts/error.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <initializer_list>

namespace pipebench {
namespace {

void add_variables(std::vector<std::string>& out, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
}

}  // namespace

std::vector<std::string> clean_environment() {
    std::vector<std::string> out{"LC_ALL=C"};
    add_variables(out, {"PATH", "HOME", "LANG", "TZ", "TMPDIR"});
    return out;
}

std::vector<std::string> own_environment() {
    auto out = clean_environment();
    add_variables(out, {"LD_LIBRARY_PATH", "LD_PRELOAD"});
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
    add_variables(out, {"PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGSSLROOTCERT",
                        "PGSSLCERT", "PGSSLKEY", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE"});
    return out;
}

}  // namespace pipebench
