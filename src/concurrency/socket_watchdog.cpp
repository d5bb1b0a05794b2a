#include "concurrency/socket_watchdog.hpp"

#include <sys/socket.h>

namespace pipebench {

socket_watchdog::~socket_watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

socket_watchdog::watch::watch(socket_watchdog& dog, int socket, clock::time_point deadline)
    : dog_(dog), deadline_(deadline) {
    const std::lock_guard lock(dog_.mutex_);
    place_ = dog_.sockets_.emplace(deadline, socket);
    if (!dog_.thread_.joinable()) dog_.thread_ = std::thread([&dog] { dog.run(); });
    // Deadlines mostly come in order: only an earlier one is worth waking the thread.
    if (deadline < dog_.awake_at_) dog_.changed_.notify_all();
}

socket_watchdog::watch::~watch() {
    const std::lock_guard lock(dog_.mutex_);
    dog_.sockets_.erase(place_);
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
        // With nothing to watch, look again in a while rather than be woken by every watch.
        awake_at_ = next == sockets_.end() ? now + std::chrono::hours(1) : next->first;
        changed_.wait_until(lock, awake_at_);
    }
}

}  // namespace pipebench
