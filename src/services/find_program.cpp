#include "services/find_program.hpp"

#include "system/environment.hpp"
#include "system/program_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

bool is_executable(const fs::path& p) { return ::access(p.c_str(), X_OK) == 0 && fs::is_regular_file(p); }
bool has_postgres(const fs::path& dir) { return is_executable(dir / "postgres") && is_executable(dir / "initdb"); }

/// PARENT/PREFIXnn/bin with a server and the highest nn.
std::optional<fs::path> newest_version(const fs::path& parent, const std::string& prefix) {
    std::optional<fs::path> best;
    double best_version = 0;
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(parent, ec)) {
        const auto name = entry.path().filename().native();
        if (!name.starts_with(prefix)) continue;
        const double version = std::strtod(name.c_str() + prefix.size(), nullptr);
        if (version <= best_version || !has_postgres(entry.path() / "bin")) continue;
        best_version = version;
        best = entry.path() / "bin";
    }
    return best;
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream directories(std::string(path != nullptr ? path : "") + ":/usr/local/sbin:/usr/sbin:/usr/bin");
    for (std::string directory; std::getline(directories, directory, ':');)
        if (!directory.empty() && is_executable(fs::path(directory) / name))
            return fs::absolute(fs::path(directory) / name);  // a server starts in another directory
    return std::nullopt;
}

std::optional<fs::path> find_postgres_bindir(const std::string& given) {
    const char* from_environment = std::getenv("PIPEBENCH_PG_BINDIR");
    const fs::path asked = !given.empty() ? given : from_environment != nullptr ? from_environment : "";
    if (!asked.empty()) return has_postgres(asked) ? std::optional(fs::absolute(asked)) : std::nullopt;
    if (auto found = newest_version("/usr/lib/postgresql", "")) return found;
    if (auto found = newest_version("/usr", "pgsql-")) return found;
    if (has_postgres("/usr/local/pgsql/bin")) return "/usr/local/pgsql/bin";
    const auto in_path = find_program("initdb");
    if (in_path && has_postgres(in_path->parent_path())) return in_path->parent_path();
    return std::nullopt;
}

std::optional<fs::path> find_redis_server() {
    for (const char* name : {"redis-server", "valkey-server"})
        if (auto found = find_program(name)) return found;
    return std::nullopt;
}

std::string first_line_of(const fs::path& program, const char* argument) {
    constexpr std::size_t longest = 200;
    child_settings settings;
    settings.arguments = {program.native(), argument};
    settings.environment = clean_environment();
    const auto seen = run_program(std::move(settings),
                                  {.time = std::chrono::seconds(5), .patience = std::chrono::milliseconds(500)});
    if (seen.how != program_output::ending::by_itself || !seen.end.exited_with(0)) return {};
    return seen.out.substr(0, std::min(seen.out.find('\n'), longest));
}

}  // namespace pipebench
