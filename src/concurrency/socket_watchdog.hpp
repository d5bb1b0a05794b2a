// Adds a deadline to blocking calls of libraries without one: at the deadline it shuts down their socket, and the
// call fails with a lost connection.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace pipebench {

/// One for all threads of a process; thread-safe. start() starts its own thread, so it can be made before a fork.
class socket_watchdog {
public:
    using clock = std::chrono::steady_clock;

    socket_watchdog() = default;
    socket_watchdog(const socket_watchdog&) = delete;
    socket_watchdog& operator=(const socket_watchdog&) = delete;
    ~socket_watchdog();

    /// No effect if it was started before. Throws setup_error.
    void start();

    /// After start(): watches a socket until it goes out of scope; its owner must not close the socket before.
    class watch {
    public:
        watch(socket_watchdog& watchdog, int socket, clock::time_point deadline);
        watch(const watch&) = delete;
        watch& operator=(const watch&) = delete;
        ~watch();
        [[nodiscard]] bool expired() const noexcept { return clock::now() >= deadline_; }

    private:
        socket_watchdog& watchdog_;
        clock::time_point deadline_;
        std::multimap<clock::time_point, int>::iterator place_;
    };

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<clock::time_point, int> sockets_;  ///< -1: shut down already
    clock::time_point awake_at_ = clock::time_point::max();
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace pipebench
