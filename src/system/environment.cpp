#include "system/environment.hpp"

#include "contracts/error.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

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
    add_variables(out, {"LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE", "SSL_CERT_DIR"});
    return out;
}

std::vector<std::string> whole_environment() {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) out.emplace_back(*entry);
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
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const auto name = variable.substr(0, variable.find('='));
        const bool of_its_libraries = name == "KRB5CCNAME" || name == "KRB5_CONFIG" || name == "OPENSSL_CONF" ||
                                      name == "SSL_CERT_FILE" || name == "SSL_CERT_DIR";
        if (name.starts_with("PG") || of_its_libraries) out.emplace_back(variable);
    }
    return out;
}

}  // namespace pipebench
