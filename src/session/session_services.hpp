// The servers of a session: those that the user gave, and throwaway ones for the rest.
#pragma once

#include "contracts/mock_api_card.hpp"
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
    std::string target;                          ///< empty: the mock API
    std::string postgres;                        ///< empty: a throwaway PostgreSQL
    std::string redis;                           ///< empty: a throwaway Redis, if a pattern needs one
    std::string pg_bindir;                       ///< empty: search for it
    std::string target_address{};                ///< the IP address of the target that has answered
    std::optional<mock_api_card> target_mock{};  ///< if the target is a mock API of ours

    /// Whether the orders and their latencies are those of a mock API of ours.
    [[nodiscard]] bool has_our_api() const noexcept { return target.empty() || target_mock; }
};

struct server_needs {
    std::uint64_t database_connections = 0;
    bool redis = false;
};

/// The destructor ends the throwaway servers and removes their files. Construct it on the main thread, before any
/// other thread exists.
class session_services {
public:
    using say = std::function<void(const std::string&)>;

    /// Checks servers of the user before it starts others. Throws `interrupted`, or setup_error, in one line. `message`
    /// gets a line per server, `warning` problems of its settings.
    session_services(const server_choice& choice, const server_needs& need, const server_patience& until,
                     const say& message, const say& warning);

    [[nodiscard]] const std::string& postgres_url() const noexcept { return postgres_url_; }
    [[nodiscard]] const std::string& redis_url() const noexcept { return redis_url_; }  ///< empty: not needed
    [[nodiscard]] pid_t postgres_pid() const noexcept { return postgres_ ? postgres_->pid() : 0; }  ///< 0: user's
    [[nodiscard]] pid_t redis_pid() const noexcept { return redis_ ? redis_->pid() : 0; }
    /// Kills the server with SIGKILL and restarts it at once. Only for throwaway servers.
    void kill_redis() { redis_->kill_and_start_again(); }
    void kill_postgres() { postgres_->kill_and_start_again(); }
    /// Of the throwaway servers; see throwaway_server::take_failure().
    [[nodiscard]] std::vector<std::string> take_failures(const patience& until);
    void wait_for_postgres(const patience& until) {
        if (postgres_) postgres_->wait_until_ready(until);
    }
    [[nodiscard]] const std::vector<server_info>& servers() const noexcept { return servers_; }

private:
    void use_postgres(const server_choice& choice, std::uint64_t connections);
    void use_redis(const server_choice& choice, const say& warning);

    server_patience until_;
    std::optional<scratch_directory> scratch_;  // declared before its users, so destroyed after them
    std::optional<throwaway_postgres> postgres_;
    std::optional<throwaway_redis> redis_;
    std::string postgres_url_, redis_url_;
    std::vector<server_info> servers_;
};

}  // namespace pipebench
