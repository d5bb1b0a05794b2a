// Structured lifetime for coroutines: what is spawned into a group has ended when join() returns.
#pragma once

#include "pipebench/async.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace pipebench {

/// Of one event loop, used on its thread only. Destroy it only when nothing is running: join() first.
class task_group {
public:
    /// `on_failure` is called when a member throws, so that the others can be told to end.
    explicit task_group(executor ex, std::function<void()> on_failure = {})
        : executor_(ex), on_failure_(std::move(on_failure)) {}
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group();

    /// Starts `work`: on the loop's thread, up to its first wait before this returns. The first exception of any
    /// member is kept for join().
    void spawn(task<> work);

    /// Waits until every member has ended, then throws the first exception, if there was one.
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
