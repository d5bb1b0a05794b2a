// semaphore: at most C orders at a time, on one event loop.
//
// Models asyncio.Semaphore(C) around each order, with one difference that matters at scale: the permit is acquired
// before the coroutine is spawned, so that memory grows with C and not with N.
//
// Wins as the default choice: it needs one process and one thread, one number sets its bound, and it has backpressure
// without a queue, because the loop that spawns the orders waits for a permit. Orders that arrive meanwhile wait in
// the order in which they came.
// Breaks when one core is not enough for the transform, and when C is chosen without Little's law: C orders in flight
// with latency L cannot do more than C / L orders a second.
//
// In flight: C orders, one per permit.
#include "patterns/patterns.hpp"

#include "concurrency/arrivals.hpp"
#include "concurrency/async_semaphore.hpp"
#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"

#include <boost/asio/this_coro.hpp>

namespace pipebench {
namespace {

task<> one_order(const run_context& ctx, async_pipeline& pipeline, order_id id, async_semaphore::permit) {
    const auto ticket = ctx.out.begin(id);
    const auto result = co_await pipeline.process(id);
    ctx.out.end(ticket, result);
}

task<> permit_by_permit(const run_context& ctx) {
    const auto loop = co_await asio::this_coro::executor;
    const auto pipeline = co_await ctx.open.async(ctx.work.db_connections);
    async_arrivals arrivals(loop, ctx.orders);
    async_semaphore permits(loop, ctx.work.permits);
    task_group tasks(loop);
    tasks.spawn(arrivals.pace());
    while (!ctx.orders.all_taken()) {
        auto permit = co_await permits.acquire();  // meanwhile, orders that arrive wait in their queue
        const auto id = co_await arrivals.next();
        if (id) tasks.spawn(one_order(ctx, *pipeline, *id, std::move(permit)));
    }
    co_await tasks.join();
    pipeline->close();
}

void run(const run_context& ctx) {
    run_event_loop([&] { return permit_by_permit(ctx); });
}

needs needs_at(const workload& work) {
    return {
        .in_flight = work.permits,
        .database_connections = work.db_connections,
        .descriptors = work.permits + work.db_connections + 2 * work.transform_on.processes(),
        .threads = 1ull + work.transform_on.threads,
        .helpers = work.transform_on.processes(),
        .separate_source = false,
        .event_loops = true,
    };
}

}  // namespace

const pattern semaphore{
    .id = "semaphore",
    .title = "Semaphore-bounded async",
    .summary = "acquire a permit, then spawn: C coroutines at a time on one event loop",
    .needs_at = needs_at,
    .run = run,
};

}  // namespace pipebench
