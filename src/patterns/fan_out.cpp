// fan-out: every order at once.
//
// Models asyncio.gather over all N orders of a run: one coroutine per order, and all of them start before the first
// answer arrives. Only N bounds the work in flight, so the floor is the latency of one order, for any N.
//
// Wins when N is small, or when something else limits the load: no order waits for its turn.
// Breaks when N is large: memory, sockets and ports grow with N, the API receives N requests at once, and a failure
// at that moment hits all orders together. The latency of each order is its latency under that load.
//
// In flight: all N orders.
#include "patterns/patterns.hpp"

#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"

#include <boost/asio/this_coro.hpp>

namespace pipebench {
namespace {

task<> one_order(const run_context& ctx, async_pipeline& pipeline, order_id id) {
    if (ctx.stop.requested()) co_return;
    const auto ticket = ctx.out.begin(id);
    const auto result = co_await pipeline.process(id);
    ctx.out.end(ticket, result);
}

task<> all_at_once(const run_context& ctx) {
    const auto pipeline = co_await ctx.open.async(ctx.work.db_connections);
    task_group orders(co_await asio::this_coro::executor);
    for (order_id id = 1; id <= ctx.work.orders; ++id) orders.spawn(one_order(ctx, *pipeline, id));
    co_await orders.join();
    pipeline->close();
}

void run(const run_context& ctx) {
    run_event_loop([&] { return all_at_once(ctx); });
}

needs needs_at(const workload& work) {
    return {
        .in_flight = work.orders,
        .database_connections = work.db_connections,
        .descriptors = work.orders + work.db_connections,
    };
}

}  // namespace

const pattern fan_out{
    .id = "fan-out",
    .title = "Unbounded fan-out",
    .summary = "one coroutine per order, all started at once",
    .needs_at = needs_at,
    .run = run,
};

}  // namespace pipebench
