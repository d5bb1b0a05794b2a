// A throwaway Redis (or Valkey): started for a session, and removed with it.
#pragma once

#include "services/scratch_directory.hpp"
#include "services/throwaway_server.hpp"

#include <string>

namespace pipebench {

/// Unix socket only, no persistence, noeviction: another policy could delete the stream.
class throwaway_redis {
public:
    /// Returns when it answers. Throws `interrupted` or setup_error.
    explicit throwaway_redis(const scratch_directory& scratch, const server_patience& until = {});

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] pid_t pid() const noexcept { return server_.pid(); }

    /// Kills it with SIGKILL, and starts an empty one at once on the same socket. Does not wait until it answers.
    void kill_and_start_again() { server_.kill_and_start_again(); }

    /// As throwaway_server::take_failure().
    [[nodiscard]] std::string take_failure(const patience& until = {}) { return server_.take_failure(until); }

private:
    std::string url_;
    throwaway_server server_;
};

}  // namespace pipebench
