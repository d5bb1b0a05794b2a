// thread-pool: C blocking threads drain one queue.
//
// Models ThreadPoolExecutor + Queue: a bounded queue of orders, and C threads that each take one, do all of it with
// blocking calls, and take the next.
//
// Wins when libraries offer only blocking calls: the code reads from top to bottom, and the kernel does the
// scheduling.
// Breaks when C is large: each thread needs a stack and an API connection, each wait is a context switch, and all
// threads contend for one queue and one pool of database connections.
//
// In flight: C orders, one per thread.
#include "patterns/patterns.hpp"

#include "concurrency/bounded_queue.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

using order_queue = bounded_queue<order_id>;

void worker(const run_context& ctx, order_queue& queue) {
    const auto pipeline = ctx.open.blocking();
    while (const auto id = queue.pop()) {
        if (ctx.stop.requested()) return;
        const auto ticket = ctx.out.begin(*id);
        const auto result = pipeline->process(*id);
        ctx.out.end(ticket, result);
    }
}

/// Closes the queue also when an exception leaves the scope: the workers would otherwise wait for ever.
struct close_on_exit {
    order_queue& queue;
    ~close_on_exit() { queue.close(); }
};

void run(const run_context& ctx) {
    order_queue queue(ctx.work.threads);
    std::vector<std::jthread> workers;  // joined when the scope is left, after the queue was closed
    const close_on_exit closing{queue};
    for (unsigned i = 0; i < ctx.work.threads; ++i) workers.emplace_back([&] { worker(ctx, queue); });
    for (order_id id = 1; id <= ctx.work.orders && !ctx.stop.requested(); ++id) {
        ctx.out.offer();
        queue.push(id);
    }
}

needs needs_at(const workload& work) {
    return {
        .in_flight = work.threads,
        .database_connections = std::min(work.threads, work.db_connections),
        .descriptors = std::uint64_t{work.threads} + work.db_connections,
    };
}

}  // namespace

const pattern thread_pool{
    .id = "thread-pool",
    .title = "Thread pool + queue",
    .summary = "C blocking threads drain one bounded queue",
    .needs_at = needs_at,
    .run = run,
};

}  // namespace pipebench
