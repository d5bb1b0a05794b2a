#include "services/postgres_data_directory.hpp"

#include "contracts/error.hpp"
#include "services/find_program.hpp"
#include "services/log_cause.hpp"
#include "system/environment.hpp"
#include "system/program_run.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> initdb_options{
    "-U", "pipebench", "-A", "trust", "--no-sync", "--no-instructions", "--locale=C", "-E", "UTF8"};

constexpr std::chrono::seconds initdb_limit{120};
constexpr std::chrono::milliseconds initdb_patience{500};  ///< after SIGTERM; what it leaves is removed by us

void give_to(const fs::path& root, const user_identity& user) {
    const auto change_owner = [&user](const fs::path& path) {
        if (::lchown(path.c_str(), user.uid, user.gid) != 0)
            throw system_failure("cannot change the owner of " + path.native(), errno);
    };
    change_owner(root);
    for (const auto& entry : fs::recursive_directory_iterator(root)) change_owner(entry.path());
}

void run_initdb(const new_data_directory& wanted, const patience& until) {
    child_settings initdb;
    initdb.arguments = {(wanted.bindir / "initdb").native(), "-D", wanted.data.native()};
    initdb.arguments.insert(initdb.arguments.end(), initdb_options.begin(), initdb_options.end());
    initdb.environment = clean_environment();
    initdb.user = wanted.owner;
    initdb.directory = wanted.data.parent_path().native();
    const auto seen = run_program(std::move(initdb), {.time = initdb_limit, .patience = initdb_patience}, until);
    if (seen.how == program_output::ending::signalled) throw interrupted();
    if (seen.how == program_output::ending::out_of_time)
        throw setup_error(fmt::format("initdb took more than {} s", initdb_limit.count()));
    if (!seen.end.exited_with(0))
        throw setup_error(fmt::format("initdb {}: {}", seen.end.describe(), cause_in(seen.err + seen.out)));
}

/// The path of this server version's template in the cache, existing or not; empty without a cache.
fs::path template_for(const fs::path& bindir) {
    const auto cache = postgres_template_cache();
    if (cache.empty()) return {};
    std::string key = first_line_of(bindir / "postgres", "--version");
    for (const auto& option : initdb_options) key += ' ' + option;
    return cache / fmt::format("pgdata-{:016x}", std::hash<std::string>{}(key));
}

/// False if there is no template or it could not be copied.
bool copy_from_template(const fs::path& kept, const new_data_directory& wanted) {
    std::error_code ec;
    if (kept.empty() || !fs::exists(kept / "PG_VERSION", ec)) return false;
    fs::copy(kept, wanted.data, fs::copy_options::recursive, ec);
    if (ec) {
        fs::remove_all(wanted.data, ec);
        return false;
    }
    ::chmod(wanted.data.c_str(), 0700);
    if (wanted.owner) give_to(wanted.data, *wanted.owner);
    return true;
}

/// Best effort: if it fails, the next start is slower.
void keep_template(const fs::path& data, const fs::path& kept) {
    std::error_code ec;
    fs::create_directories(kept.parent_path(), ec);
    std::string temporary = kept.native() + ".XXXXXX";
    if (ec || ::mkdtemp(temporary.data()) == nullptr) return;
    fs::copy(data, temporary, fs::copy_options::recursive, ec);
    if (!ec) fs::rename(temporary, kept, ec);
    if (ec) fs::remove_all(temporary, ec);
}

}  // namespace

void make_postgres_data_directory(const new_data_directory& wanted, const patience& until) {
    const auto kept = template_for(wanted.bindir);
    if (copy_from_template(kept, wanted)) return;
    run_initdb(wanted, until);
    if (!kept.empty()) keep_template(wanted.data, kept);
}

fs::path postgres_template_cache() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "pipebench";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".cache/pipebench";
    return {};
}

}  // namespace pipebench
