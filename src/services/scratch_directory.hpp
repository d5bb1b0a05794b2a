// The one directory of a session: everything its servers write is in it, and it is gone when the session is.
#pragma once

#include "system/child_process.hpp"

#include <filesystem>
#include <optional>

namespace pipebench {

/// Under TMPDIR, or /tmp where TMPDIR is too long for a unix socket's path or closed to the servers' user.
/// Locked while its owner lives, which is how sweep() knows those that nobody owns any more.
class scratch_directory {
public:
    /// `user`: who must be able to enter it besides us. Throws setup_error.
    explicit scratch_directory(const std::optional<user_identity>& user);
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// A new directory in it, mode 0700, owned by `user` or by us.
    [[nodiscard]] std::filesystem::path make(const std::string& name, const std::optional<user_identity>& user) const;

    /// Removes what sessions that were killed have left, and ends their PostgreSQL if it still runs. Touches
    /// only directories that carry our name, our owner and our lock, and only while nobody holds that lock.
    static void sweep();

private:
    std::filesystem::path path_;
    descriptor lock_;
};

/// When we are root, servers run as the first of these users that exists, else as `nobody`; otherwise as we are.
[[nodiscard]] std::optional<user_identity> server_user(const char* preferred);

}  // namespace pipebench
