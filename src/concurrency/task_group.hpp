// Structured lifetime for coroutines: join() returns after every coroutine of the group has ended.
#pragma once

#include "concurrency/suspend.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace pipebench {

/// Used only on the thread of its event loop. Call join() before the destructor: no member may be running then.
class task_group {
public:
    /// `on_failure` is called when a member throws, so that the others can be stopped.
    explicit task_group(executor ex, std::function<void()> on_failure = {})
        : executor_(ex), on_failure_(std::move(on_failure)) {}
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group();

    /// Starts `work`, which runs up to its first wait before this returns. Call it on the loop's thread. The first
    /// exception of any member is kept for join().
    void spawn(task<> work);

    /// Waits until every member has ended, then throws the first exception, if any.
    /// One joiner at a time.
    task<> join();

private:
    void member_ended(std::exception_ptr failure);

    executor executor_;
    std::function<void()> on_failure_;
    std::size_t running_ = 0;
    std::exception_ptr failure_;
    std::optional<resumer<>> joiner_;
};

}  // namespace pipebench
