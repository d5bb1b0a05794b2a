// fan-out: every order at once.
//
// Models asyncio.gather over all N orders of a run: one coroutine per order, and all of them start before the first
// answer arrives. Only N bounds the work in flight, so the floor is the latency of one order, for any N. Under open
// load every arrival starts its coroutine at once: there is no queue, and nothing holds the load back.
//
// Wins when N is small, or when something else limits the load: no order waits for its turn.
// Breaks when N is large: memory, sockets and ports grow with N, the API receives N requests at once, and a failure
// at that moment hits all orders together. The latency of each order is its latency under that load.
//
// In flight: all N orders, or as many as have arrived and not ended.
#include "patterns/patterns.hpp"

#include "concurrency/arrivals.hpp"
#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

task<> one_order(const run_context& ctx, async_pipeline& pipeline, order_id id) {
    if (ctx.stop.requested()) co_return;
    const auto ticket = ctx.out.begin(id);
    const auto result = co_await pipeline.process(id);
    ctx.out.end(ticket, result);
}

task<> all_at_once(const run_context& ctx) {
    const auto loop = co_await asio::this_coro::executor;
    const auto pipeline = co_await ctx.open.async(ctx.work.db_connections);
    async_arrivals arrivals(loop, ctx.orders);
    task_group tasks(loop);
    tasks.spawn(arrivals.pace());
    while (const auto id = co_await arrivals.next()) tasks.spawn(one_order(ctx, *pipeline, *id));
    co_await tasks.join();
    pipeline->close();
}

void run(const run_context& ctx) {
    run_event_loop([&] { return all_at_once(ctx); });
}

/// Under open load the number in flight follows from the load (Little's law). If it grows beyond this, orders fail for
/// want of descriptors, and the run goes on.
std::uint64_t most_at_once(const workload& work) {
    if (!work.arrive.open()) return work.orders;
    const std::chrono::duration<double> latency = latency_of(work);
    const auto expected = static_cast<std::uint64_t>(std::ceil(work.arrive.highest_per_second() * latency.count()));
    return std::min(work.orders, 4 * (expected + work.arrive.process.size) + 1000);
}

needs needs_at(const workload& work) {
    const auto in_flight = most_at_once(work);
    return {
        .in_flight = in_flight,
        .database_connections = work.db_connections,
        .descriptors = in_flight + work.db_connections + 2 * work.transform_on.processes(),
        .threads = 1ull + work.transform_on.threads,
        .helpers = work.transform_on.processes(),
        .bounds_in_flight = false,
        .separate_source = false,
        .event_loops = true,
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
