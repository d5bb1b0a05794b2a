// The common part of the throwaway servers of a session: start, wait until ready, kill and start again, stop.
#pragma once

#include "system/child_process.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <ios>
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
        /// Why the server started again by itself, if these new lines of its log say so; else empty.
        std::function<std::string(const std::vector<std::string>&)> crash_in = [](const auto&) { return ""; };
        std::chrono::seconds start_limit{15};
        int stop_signal = SIGTERM;
        int death_signal = SIGKILL;  ///< the kernel sends it if our thread ends first
    };

    /// Starts it without waiting. Throws setup_error.
    explicit throwaway_server(settings s, const server_patience& until = {});
    throwaway_server(const throwaway_server&) = delete;
    throwaway_server& operator=(const throwaway_server&) = delete;
    ~throwaway_server();

    [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : 0; }  ///< 0: it is gone for good

    /// Throws `interrupted`, or setup_error, with the last line of its log, if the server ends or the start limit passes
    /// first.
    void wait_until_ready(const patience& until = {});
    /// Kills the server and all its children with SIGKILL, and starts a new one at once. Does not wait until it
    /// answers.
    void kill_and_start_again();

    /// Why it died or crashed although nobody here had asked for it, since the last call: "PostgreSQL died amid the
    /// run: killed by signal 9 (Killed)"; else empty. A server that is dead is started again, and waited for.
    [[nodiscard]] std::string take_failure(const patience& until = {});

private:
    [[nodiscard]] child_process start() const;
    [[nodiscard]] bool has_died();
    [[nodiscard]] std::vector<std::string> new_log_lines();
    void start_again();
    [[nodiscard]] std::string revive(const patience& until);

    settings settings_;
    server_patience until_;
    std::optional<child_process> process_;
    std::string failure_;
    std::streamoff log_read_ = 0;  ///< bytes
};

}  // namespace pipebench
