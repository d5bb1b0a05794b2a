// A semaphore between threads. A condition variable wakes a thread up that then needs the mutex, and its next unlock
// calls the kernel in vain; std::counting_semaphore of libstdc++ first yields the core several times.
#pragma once

#include <semaphore.h>

#include <cerrno>
#include <chrono>
#include <ctime>

namespace pipebench {

/// Thread-safe. Nobody may wait, and no post() may be running, when it is destroyed.
class posix_semaphore {
public:
    using clock = std::chrono::steady_clock;

    posix_semaphore() noexcept { ::sem_init(&semaphore_, 0, 0); }
    posix_semaphore(const posix_semaphore&) = delete;
    posix_semaphore& operator=(const posix_semaphore&) = delete;
    ~posix_semaphore() { ::sem_destroy(&semaphore_); }

    void post() noexcept { ::sem_post(&semaphore_); }
    void wait() noexcept {
        while (::sem_wait(&semaphore_) != 0 && errno == EINTR) {
        }
    }
    /// False if it is too late.
    [[nodiscard]] bool wait_until(clock::time_point when) noexcept {
        using std::chrono::nanoseconds, std::chrono::seconds;
        const auto since_start = when.time_since_epoch();
        const auto whole = std::chrono::floor<seconds>(since_start);
        const timespec end{whole.count(), nanoseconds(since_start - whole).count()};
        int failed = 0;
        do failed = ::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &end);
        while (failed != 0 && errno == EINTR);
        return failed == 0;
    }

private:
    sem_t semaphore_;
};

}  // namespace pipebench
