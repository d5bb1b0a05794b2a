#include "services/scratch_directory.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view name_prefix = "pipebench-";
constexpr const char* lock_name = "lock";
constexpr const char* unlocked_name = "lock.new";  ///< until it is locked
// sockaddr_un holds 108 bytes with the NUL: "/pipebench-XXXXXX/postgres/.s.PGSQL.5432" must fit after the base.
constexpr std::size_t longest_base = 60;

/// PostgreSQL and libpq take a list of sockets' directories, in which a comma ends a path and cannot be escaped.
bool fits_a_socket(const fs::path& base) {
    return base.native().size() <= longest_base && base.native().find(',') == std::string::npos;
}

bool others_may_enter(const fs::path& base) {
    for (fs::path p = base; p != p.root_path(); p = p.parent_path()) {
        struct stat s {};
        if (::stat(p.c_str(), &s) != 0 || (s.st_mode & S_IXOTH) == 0) return false;
    }
    return true;
}

std::vector<fs::path> candidate_bases() {
    std::vector<fs::path> out;
    if (const char* given = std::getenv("TMPDIR"); given != nullptr && *given == '/') out.emplace_back(given);
    out.emplace_back("/tmp");
    return out;
}

/// The postmaster of a data directory; 0 if none runs in it, or if another process has reused its number.
pid_t postmaster_of(const fs::path& data) {
    pid_t pid = 0;
    std::ifstream(data / "postmaster.pid") >> pid;
    std::error_code ec;
    if (pid <= 1 || fs::read_symlink(fmt::format("/proc/{}/cwd", pid), ec) != data || ec) return 0;
    return pid;
}

/// True if no server runs in the directory any more.
bool end_postmaster(const fs::path& data, const patience& until) {
    constexpr std::chrono::seconds limit{6};  // it kills its own children after 5 s
    constexpr std::chrono::milliseconds interval{10};
    const pid_t pid = postmaster_of(data);
    if (pid == 0) return true;
    ::kill(pid, SIGQUIT);
    const auto deadline = patience::clock::now() + limit;
    while (postmaster_of(data) != 0 && patience::clock::now() < deadline)
        if (until.wait(-1, 0, patience::clock::now() + interval) == wait_end::interrupted) throw interrupted();
    return postmaster_of(data) == 0;
}

void sweep_one(const fs::path& directory, const patience& until) {
    struct stat s {};
    if (::lstat(directory.c_str(), &s) != 0 || !S_ISDIR(s.st_mode) || s.st_uid != ::geteuid()) return;
    const descriptor lock(::open((directory / lock_name).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;  // not ours, or in use
    std::error_code ec;
    if (end_postmaster(directory / "postgres" / "data", until)) fs::remove_all(directory, ec);
}

}  // namespace

scratch_directory::scratch_directory(const std::optional<user_identity>& user) {
    int error_number = ENOENT;
    for (const auto& base : candidate_bases()) {
        if (!fits_a_socket(base) || (user && !others_may_enter(base))) continue;
        std::string name = (base / (std::string(name_prefix) + "XXXXXX")).native();
        if (::mkdtemp(name.data()) == nullptr) {
            error_number = errno;
            continue;
        }
        path_ = name;
        break;
    }
    if (path_.empty())
        throw system_failure("cannot make a temporary directory (set TMPDIR to a short path without a comma)",
                             error_number);
    // Another session's sweep() touches only a directory with the final name in it: it never finds it unlocked.
    const auto unlocked = path_ / unlocked_name;
    lock_ = descriptor(::open(unlocked.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock_.is_open() || ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 ||
        ::rename(unlocked.c_str(), (path_ / lock_name).c_str()) != 0)
        throw system_failure("cannot lock " + path_.native(), errno);
    if (user) ::chmod(path_.c_str(), 0711);  // the user may enter it, but not list it
}

scratch_directory::~scratch_directory() {
    std::error_code ec;
    fs::remove_all(path_, ec);
}

fs::path scratch_directory::make(const std::string& name, const std::optional<user_identity>& user) const {
    const fs::path made = path_ / name;
    if (::mkdir(made.c_str(), 0700) != 0) throw system_failure("cannot make " + made.native(), errno);
    if (user && ::chown(made.c_str(), user->uid, user->gid) != 0)
        throw system_failure("cannot give " + made.native() + " to " + user->name, errno);
    return made;
}

void scratch_directory::sweep(const patience& until) {
    for (const auto& base : candidate_bases()) {
        std::error_code ec;
        for (const auto& entry : fs::directory_iterator(base, ec))
            if (entry.path().filename().native().starts_with(name_prefix)) sweep_one(entry.path(), until);
    }
}

std::optional<user_identity> server_user(const char* preferred) {
    if (::geteuid() != 0) return std::nullopt;
    for (const char* name : {preferred, "nobody"})
        if (const passwd* p = ::getpwnam(name)) return user_identity{name, p->pw_uid, p->pw_gid};
    throw setup_error("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as");
}

}  // namespace pipebench
