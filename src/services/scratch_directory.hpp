// The directory of a session: its servers write only there, and it is removed with the session.
#pragma once

#include "system/child_process.hpp"
#include "system/patience.hpp"

#include <filesystem>
#include <optional>

namespace pipebench {

/// It is made in TMPDIR, or in /tmp if TMPDIR cannot hold a unix socket (a long path, a comma) or is closed to the
/// servers' user. Locked while its owner lives: sweep() removes unlocked ones.
class scratch_directory {
public:
    /// `user` must be able to enter it too. Throws setup_error.
    explicit scratch_directory(const std::optional<user_identity>& user);
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// A new directory in it, mode 0700, owned by `user` or by us.
    [[nodiscard]] std::filesystem::path make(const std::string& name, const std::optional<user_identity>& user) const;

    /// Removes the directories of sessions that were killed, and ends their PostgreSQL if it still runs. Touches only
    /// directories with our name, our owner and our lock, and only if no process holds that lock.
    /// Throws `interrupted`.
    static void sweep(const patience& until = {});

private:
    std::filesystem::path path_;
    descriptor lock_;
};

/// The user to run a server as if we are root: `preferred` if it exists, else `nobody`. nullopt if we are not root.
[[nodiscard]] std::optional<user_identity> server_user(const char* preferred);

}  // namespace pipebench
