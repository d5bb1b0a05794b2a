// The servers that a session works with: the user's where they were given, throwaway ones of its own otherwise.
#pragma once

#include "pipebench/result.hpp"
#include "services/scratch_directory.hpp"
#include "services/throwaway_postgres.hpp"
#include "services/throwaway_redis.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct server_choice {
    std::string target;     ///< empty: our own mock API
    std::string postgres;   ///< empty: a throwaway PostgreSQL
    std::string redis;      ///< empty: a throwaway Redis, if a pattern needs one
    std::string pg_bindir;  ///< empty: found by itself
};

struct server_needs {
    std::uint64_t database_connections = 0;
    bool redis = false;
};

/// Gone, with every trace, when it ends. On the main thread, while it is the only one.
class session_services {
public:
    using say = std::function<void(const std::string&)>;

    /// The user's own servers are asked before anything is started: what is wrong with them is one line then. Throws
    /// setup_error. `message` hears of each server, `warning` what a user should know of its settings.
    session_services(const server_choice& choice, const server_needs& need, const say& message, const say& warning);

    [[nodiscard]] const std::string& postgres_url() const noexcept { return postgres_url_; }
    [[nodiscard]] const std::string& redis_url() const noexcept { return redis_url_; }  ///< empty: not needed
    [[nodiscard]] pid_t postgres_pid() const noexcept { return postgres_ ? postgres_->pid() : 0; }  ///< 0: not ours
    [[nodiscard]] pid_t redis_pid() const noexcept { return redis_ ? redis_->pid() : 0; }
    /// SIGKILL, and started again at once. Only where they are ours.
    void kill_redis() { redis_->kill_and_start_again(); }
    void kill_postgres() { postgres_->kill_and_start_again(); }
    void wait_for_postgres() {
        if (postgres_) postgres_->wait_until_ready();
    }
    [[nodiscard]] const std::vector<server_info>& servers() const noexcept { return servers_; }

private:
    void use_postgres(const server_choice& choice, std::uint64_t connections);
    void use_redis(const server_choice& choice, const say& warning);

    std::optional<scratch_directory> scratch_;  // declared before what lives in it, and so ended after it
    std::optional<throwaway_postgres> postgres_;
    std::optional<throwaway_redis> redis_;
    std::string postgres_url_, redis_url_;
    std::vector<server_info> servers_;
};

}  // namespace pipebench
