#include "concurrency/socket_watchdog.hpp"

#include "contracts/error.hpp"

#include <sys/socket.h>

#include <system_error>

namespace pipebench {

socket_watchdog::~socket_watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void socket_watchdog::start() try {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
} catch (const std::system_error& e) {
    throw start_failure("a thread", e.code().value());
}

socket_watchdog::watch::watch(socket_watchdog& watchdog, int socket, clock::time_point deadline)
    : watchdog_(watchdog), deadline_(deadline) {
    const std::lock_guard lock(watchdog_.mutex_);
    place_ = watchdog_.sockets_.emplace(deadline, socket);
    // Deadlines mostly come in order: only an earlier one is worth waking the thread.
    if (deadline < watchdog_.awake_at_) watchdog_.changed_.notify_all();
}

socket_watchdog::watch::~watch() {
    const std::lock_guard lock(watchdog_.mutex_);
    watchdog_.sockets_.erase(place_);
}

void socket_watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = clock::now();
        auto next = sockets_.begin();
        for (; next != sockets_.end() && next->first <= now; ++next) {
            if (next->second >= 0) ::shutdown(next->second, SHUT_RDWR);
            next->second = -1;
        }
        // Without a socket to watch it sleeps for an hour at a time.
        awake_at_ = next == sockets_.end() ? now + std::chrono::hours(1) : next->first;
        changed_.wait_until(lock, awake_at_);
    }
}

}  // namespace pipebench
