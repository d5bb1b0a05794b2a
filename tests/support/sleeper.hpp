// A process to be killed.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace pipebench::test {

/// A child that waits to be killed. The destructor kills and reaps it.
class sleeper {
public:
    sleeper() : pid_(::fork()) {
        REQUIRE(pid_ >= 0);
        if (pid_ == 0)
            for (;;) ::pause();
    }
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() {
        ::kill(pid_, SIGKILL);
        if (!reaped_) ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// Waits for its end; 0 if no signal ended it.
    [[nodiscard]] int ending_signal() {
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        reaped_ = true;
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }

private:
    pid_t pid_;
    bool reaped_ = false;
};

}  // namespace pipebench::test
