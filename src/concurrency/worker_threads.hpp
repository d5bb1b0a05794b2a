// Threads that run the same body.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pipebench {

/// `end` makes the bodies return, may be called from any thread, and more than once. It is called when a thread
/// cannot be started, when an exception leaves a body, and by join().
class worker_threads {
public:
    /// Throws setup_error if one of them cannot be started.
    worker_threads(std::size_t count, std::function<void()> body, std::function<void()> end);
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;
    ~worker_threads() { end_(); }  // the threads are joined by their own destructors

    /// Waits for all threads. Throws the first exception that left a body.
    void join();

private:
    void run() noexcept;

    std::function<void()> body_, end_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::vector<std::jthread> threads_;
};

}  // namespace pipebench
