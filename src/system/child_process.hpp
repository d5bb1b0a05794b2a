// Programs that we start: each dies with us, and none outlives its object.
#pragma once

#include "system/descriptor.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// Another user to run a program as; only root can.
struct user_identity {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};

struct child_settings {
    std::vector<std::string> arguments;    ///< [0] is the path of the program
    std::vector<std::string> environment;  ///< the whole of it, "NAME=value"
    std::map<int, int> descriptors;        ///< child's number -> ours; 0 is /dev/null where not named;
                                           ///< 1 and 2 are ours where not named; all others are closed
    std::optional<user_identity> user;     ///< privileges are dropped to it for good
    std::string directory;                 ///< working directory; empty: ours
    int death_signal = SIGKILL;            ///< sent by the kernel when the thread that started it ends
    bool own_session = true;               ///< a Ctrl-C on the terminal does not reach it
};

/// How a child ended, and what it and the children it waited for have used.
struct child_end {
    int status = 0;  ///< as waitpid gives it
    rusage usage{};
    [[nodiscard]] bool exited_with(int code) const;
    [[nodiscard]] std::string describe() const;  ///< "exited with 1", "killed by signal 9 (Killed)"
};

/// A running program. Spawn from a thread
/// that lives as long as the child shall: the death signal is bound to it. The destructor kills and reaps.
class child_process {
public:
    /// Throws setup_error when the program cannot be started.
    static child_process spawn(const child_settings& settings);
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&&) = delete;
    ~child_process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] int pid_descriptor() const noexcept {
        return pid_descriptor_.get();
    }  ///< readable when ended; -1: not to be had
    void signal(int number) noexcept;

    /// Reaps the child when it has ended within `limit`; the end is kept and given again.
    std::optional<child_end> wait_for(std::chrono::milliseconds limit);

    /// `polite` first, then SIGQUIT, then SIGKILL, each with `patience`.
    child_end stop(int polite, std::chrono::milliseconds patience);

private:
    child_process(pid_t pid, descriptor pid_descriptor);

    pid_t pid_;
    descriptor pid_descriptor_;
    std::optional<child_end> end_;
};

/// Returns when the process has ended, when the limit has passed, or before: look then. `pid_descriptor` may be -1.
void wait_for_end(int pid_descriptor, std::chrono::milliseconds limit);

}  // namespace pipebench
