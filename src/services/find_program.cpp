#include "services/find_program.hpp"

#include "system/child_process.hpp"
#include "system/environment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

bool is_executable(const fs::path& p) { return ::access(p.c_str(), X_OK) == 0 && fs::is_regular_file(p); }
bool has_postgres(const fs::path& dir) { return is_executable(dir / "postgres") && is_executable(dir / "initdb"); }

/// <parent>/<prefix>NN/bin with the highest NN that has a server in it.
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
        if (!directory.empty() && is_executable(fs::path(directory) / name)) return fs::path(directory) / name;
    return std::nullopt;
}

std::optional<fs::path> find_postgres_bindir(const std::string& given) {
    const char* from_environment = std::getenv("PIPEBENCH_PG_BINDIR");
    const fs::path asked = !given.empty() ? given : from_environment != nullptr ? from_environment : "";
    if (!asked.empty()) return has_postgres(asked) ? std::optional(asked) : std::nullopt;
    if (auto found = newest_version("/usr/lib/postgresql", "")) return found;
    if (auto found = newest_version("/usr", "pgsql-")) return found;
    if (has_postgres("/usr/local/pgsql/bin")) return "/usr/local/pgsql/bin";
    const auto in_path = find_program("initdb");
    if (in_path && has_postgres(in_path->parent_path())) return in_path->parent_path();
    return std::nullopt;
}

std::string first_line_of(const fs::path& program, const char* argument) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    descriptor in(ends[0]), out(ends[1]);
    child_settings settings;
    settings.arguments = {program.native(), argument};
    settings.environment = clean_environment();
    settings.descriptors = {{1, out.get()}};
    auto child = child_process::spawn(settings);
    out.reset();
    std::array<char, 200> text{};
    const auto n = ::read(in.get(), text.data(), text.size());
    const auto end = child.wait_for(std::chrono::seconds(5));
    if (n <= 0 || !end || !end->exited_with(0)) return {};
    const std::string_view line(text.data(), static_cast<std::size_t>(n));
    return std::string(line.substr(0, line.find('\n')));
}

}  // namespace pipebench
