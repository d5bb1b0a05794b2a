// A throwaway Redis (or Valkey): started for a session, gone with it.
#pragma once

#include "pipebench/result.hpp"
#include "services/scratch_directory.hpp"
#include "system/child_process.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// Unix socket only, no persistence, noeviction: an evicting policy would delete the stream.
class throwaway_redis {
public:
    /// Returns when it answers. Throws setup_error.
    explicit throwaway_redis(const scratch_directory& scratch);
    ~throwaway_redis();

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] pid_t pid() const noexcept { return server_->pid(); }

    /// SIGKILL, and a new one at once, on the same socket and empty. Does not wait until it answers.
    void kill_and_start_again();

private:
    std::filesystem::path home_;
    std::optional<user_identity> user_;
    std::optional<child_process> server_;
    std::string url_;
};

/// Connects once, and asks for version and settings; refuses what cannot do XAUTOCLAIM (before 6.2). Throws
/// setup_error without secrets. What a user should know about the settings goes to `warnings`.
[[nodiscard]] server_info inspect_redis(const std::string& url, std::string origin,
                                        std::vector<std::string>& warnings);

/// Deletes keys of ours. Errors are of no interest by then.
void delete_redis_keys(const std::string& url, const std::vector<std::string>& keys) noexcept;
/// Every key that begins with the prefix, in which no character has a meaning for SCAN's MATCH.
void delete_redis_prefix(const std::string& url, const std::string& prefix) noexcept;

}  // namespace pipebench
