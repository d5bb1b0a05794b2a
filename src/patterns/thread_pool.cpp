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

#include "concurrency/arrivals.hpp"
#include "concurrency/bounded_queue.hpp"
#include "concurrency/worker_threads.hpp"

#include <algorithm>

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

void run(const run_context& ctx) {
    order_queue queue(queue_capacity(ctx.orders, ctx.work.threads));
    worker_threads workers(
        ctx.work.threads, [&] { worker(ctx, queue); }, [&] { queue.close(); });
    while (const auto id = next_arrival(ctx.orders))
        if (!queue.push(*id)) break;  // a worker has failed
    workers.join();
}

needs needs_at(const workload& work) {
    return {
        .in_flight = work.threads,
        .database_connections = std::min(work.threads, work.db_connections),
        .descriptors = std::uint64_t{work.threads} + work.db_connections,
        .threads = 2ull + work.threads,  // the main thread, and the watchdog of the database's sockets
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
