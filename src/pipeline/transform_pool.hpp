// Threads beside an event loop that transform its orders, themselves or in a process each (--transform-on threads:N,
// processes:N).
#pragma once

#include "concurrency/async_semaphore.hpp"
#include "concurrency/bounded_queue.hpp"
#include "concurrency/suspend.hpp"
#include "concurrency/worker_threads.hpp"
#include "contracts/run_findings.hpp"
#include "pipeline/driven_course.hpp"
#include "pipeline/transform_process.hpp"
#include "pipeline/transform_work.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <chrono>
#include <exception>
#include <string>

namespace pipebench {

/// Belongs to one loop, and keeps it running while it lives: the loop may have nothing else to wait for. Its queue is
/// bounded: an order that finds it full is held back, and so is whoever waits for this order.
class transform_pool {
public:
    static constexpr unsigned queued_per_thread = 2;

    struct settings {
        transform_place where;  ///< with threads
        std::string binary;     ///< for processes
        transform_work extra;
    };

    /// Starts the threads. Throws setup_error if one cannot be started.
    transform_pool(executor ex, settings how, run_findings findings);

    /// Returns when a thread has transformed the order. On the loop's thread.
    task<> transform(driven_course& order);

private:
    using clock = std::chrono::steady_clock;
    using resume_with = resumer<std::exception_ptr>;

    struct piece {
        driven_course* order;
        clock::time_point ready;
        resume_with resume;
    };

    void work();
    void transform_in(transform_process& process, driven_course& order, order_scratch& scratch);

    executor executor_;
    asio::executor_work_guard<executor> keep_running_;
    settings how_;
    run_findings findings_;
    async_semaphore places_;  ///< of the threads and of their queue
    bounded_queue<piece> queue_;
    worker_threads threads_;
};

}  // namespace pipebench
