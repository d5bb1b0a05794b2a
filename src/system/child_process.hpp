// Child programs: the kernel kills each when its parent thread ends, and the destructor kills and reaps it.
#pragma once

#include "system/descriptor.hpp"
#include "system/patience.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// The user to run a program as; only root can change it.
struct user_identity {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};

struct child_settings {
    std::vector<std::string> arguments;    ///< [0] is the path of the program
    std::vector<std::string> environment;  ///< the complete environment, "NAME=value"
    std::map<int, int> descriptors;        ///< child's number -> ours. If not named, 0 is /dev/null, 1 and 2 are
                                           ///< ours, and all others are closed
    std::optional<user_identity> user;     ///< privileges are dropped permanently
    std::string directory;                 ///< working directory; empty: ours
    int death_signal = SIGKILL;            ///< the kernel sends it when the thread that started the child ends
    bool own_session = true;               ///< then a Ctrl-C on the terminal does not reach it
};

/// How a child ended, and the resources that it and the children it waited for have used.
struct child_end {
    int status = 0;  ///< of waitpid()
    rusage usage{};
    [[nodiscard]] bool exited_with(int code) const;
    [[nodiscard]] std::string describe() const;  ///< "exited with 1", "killed by signal 9 (Killed)"
    [[nodiscard]] int code_of_shell() const;     ///< the exit code, or 128 + the signal
};

/// A running program. Spawn it from a thread that lives as long as the child shall: the kernel sends the death signal
/// when that thread ends. The destructor kills and reaps.
class child_process {
public:
    /// Throws setup_error when the program cannot be started.
    static child_process spawn(const child_settings& settings);
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&&) = delete;
    ~child_process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// A pidfd, readable once the child has ended; -1 if the kernel does not support it.
    [[nodiscard]] int pid_descriptor() const noexcept { return pid_descriptor_.get(); }
    void signal(int number) noexcept;

    /// Waits up to `limit`, or as long as `until` has patience, for the child to end, and reaps it. Later calls return
    /// the same end.
    std::optional<child_end> wait_for(std::chrono::milliseconds limit, const patience& until = {});

    /// Sends `polite`, then SIGQUIT, and waits up to `limit` after each; sends SIGKILL when this did not end it, or
    /// `until` has no more patience.
    child_end stop(int polite, std::chrono::milliseconds limit, const patience& until = {});

private:
    child_process(pid_t pid, descriptor pid_descriptor);

    pid_t pid_;
    descriptor pid_descriptor_;
    std::optional<child_end> end_;
};

/// Blocks until the process has ended or `limit` has passed. May return early: the caller must check.
/// `pid_descriptor` may be -1.
void wait_for_end(int pid_descriptor, std::chrono::milliseconds limit);

}  // namespace pipebench
