// The common part of the throwaway servers of a session: start, wait until ready, kill and start again, stop.
#pragma once

#include "system/child_process.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// What ends the waits for a server besides their limits.
struct server_patience {
    patience start, stop;
};

/// The destructor stops the server. For one thread, which must outlive it.
class throwaway_server {
public:
    struct settings {
        std::string name;                    ///< for messages: "PostgreSQL"
        std::vector<std::string> arguments;  ///< [0] is the path of the program
        std::filesystem::path directory;     ///< working directory
        std::filesystem::path log;           ///< gets the output of the server
        std::optional<user_identity> user;   ///< to run it as; unset: the calling user
        /// Whether a client gets an answer now; it waits for one for a second at most.
        std::function<bool(const patience&)> answers;
        std::chrono::seconds start_limit{15};
        int stop_signal = SIGTERM;
        int death_signal = SIGKILL;  ///< the kernel sends it if our thread ends first
    };

    /// Starts it without waiting. Throws setup_error.
    explicit throwaway_server(settings s, const server_patience& until = {});
    throwaway_server(const throwaway_server&) = delete;
    throwaway_server& operator=(const throwaway_server&) = delete;
    ~throwaway_server();

    [[nodiscard]] pid_t pid() const noexcept { return process_->pid(); }

    /// Throws `interrupted`, or setup_error, with the last line of its log, if the server ends or the start limit passes
    /// first.
    void wait_until_ready(const patience& until = {});
    /// Kills the server and all its children with SIGKILL, and starts a new one at once. Does not wait until it
    /// answers.
    void kill_and_start_again();

private:
    [[nodiscard]] child_process start() const;

    settings settings_;
    server_patience until_;
    std::optional<child_process> process_;
};

}  // namespace pipebench
