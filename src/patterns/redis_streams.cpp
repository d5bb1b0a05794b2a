// redis-streams: asynchronous workers in several processes share a stream through a consumer group.
//
// Models Redis Streams workers: a producer XADDs every order; each worker reads a batch with XREADGROUP, carries it
// out, and only then puts the results on another stream and acknowledges the batch with XACK, in one transaction. A
// process leases the orders that it holds, and renews the leases while it lives. After it has died and its leases
// have expired, another process takes its orders over with XAUTOCLAIM. An order that is delivered too often without an
// end goes to a dead-letter stream.
//
// Wins when work must outlive its worker, or when machines are to be added without a code change. No order is lost
// when a worker dies, or when Redis itself dies, even if Redis comes back empty.
// Breaks when the hop is expensive: every order crosses Redis four times. It delivers at least once: an order whose
// worker died between the write and XACK comes again, so the write has to be idempotent. An order that kills its
// worker costs a restart per delivery, and delays the other orders of that process by a lease.
//
// In flight: workers x batch orders, or one order per worker if batches are done one by one. While a process takes
// orders over, it has up to one more batch in flight.
#include "patterns/patterns.hpp"

#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"
#include "concurrency/worker_process.hpp"
#include "redis/order_producer.hpp"
#include "redis/stream_consumer.hpp"

#include <boost/asio/this_coro.hpp>

#include <tuple>

namespace pipebench {
namespace {

constexpr std::chrono::milliseconds pause_of_a_server{50};

task<> one_order(const run_context& ctx, async_pipeline& pipeline, stream_order& order) {
    if (ctx.stop.requested()) co_return;  // stays pending
    const auto ticket = ctx.out.begin(order.id);
    order.result = co_await pipeline.process(order.id);
    order.service = ctx.out.end(ticket, *order.result);
}

task<> carry_out(const run_context& ctx, async_pipeline& pipeline, std::vector<stream_order>& batch) {
    if (ctx.work.streams.mode == batch_mode::one_by_one) {
        for (auto& order : batch) co_await one_order(ctx, pipeline, order);
        co_return;
    }
    task_group together(co_await asio::this_coro::executor);
    for (auto& order : batch) together.spawn(one_order(ctx, pipeline, order));
    co_await together.join();
}

task<> worker(const run_context& ctx, async_pipeline& pipeline, stream_consumer& stream) {
    std::vector<stream_order> batch;
    const auto& s = ctx.work.streams;
    while (!ctx.stop.requested() && !stream.closed()) {
        batch = co_await stream.acknowledge_and_read(std::move(batch), s.batch, s.block);
        co_await carry_out(ctx, pipeline, batch);
    }
    co_await stream.acknowledge(batch);
}

/// Takes over the orders of dead processes. Checks about twice per lease.
task<> take_over(const run_context& ctx, async_pipeline& pipeline, stream_consumer& stream) {
    const auto& s = ctx.work.streams;
    while (!ctx.stop.requested()) {
        const bool open = co_await stream.next_check(s.lease);
        if (!open) break;
        co_await stream.claim(s.lease);
        const auto exhausted = co_await stream.exhausted(s.max_deliveries);
        for (const auto& order : exhausted) ctx.out.end(ctx.out.begin(order.id), stream_consumer::dead_lettered);
        co_await stream.dead_letter(exhausted);
        while (!ctx.stop.requested() && !stream.closed()) {
            auto batch = co_await stream.deliver(s.batch);  // an order that may have killed its worker comes alone
            if (batch.empty()) break;
            co_await carry_out(ctx, pipeline, batch);
            co_await stream.acknowledge(batch);
        }
    }
}

/// One process: its share of the workers, a consumer that takes over, and a thread that renews the leases of all.
task<> worker_process(const run_context& ctx, const stream_limits& limits, message_channel& parent,
                      std::size_t number) {
    const auto& s = ctx.work.streams;
    const auto loop = co_await asio::this_coro::executor;
    const auto pipeline = co_await ctx.open.async(std::max(1u, ctx.work.db_connections / s.processes));
    stream_consumers consumers(loop, *ctx.stream, limits);
    task_group all(loop, [&] { consumers.close(); });
    for (auto w = number; w < s.workers; w += s.processes)
        all.spawn(worker(ctx, *pipeline, consumers.add_consumer()));
    all.spawn(take_over(ctx, *pipeline, consumers.add_consumer()));
    all.spawn(consumers.renew(s.lease));
    co_await consumers.close_with(parent);
    co_await all.join();
    pipeline->close();
}

/// The processes of the workers. They end when it is destroyed, each with what it has in hand.
worker_fleet start_workers(const run_context& ctx, const stream_limits& limits) {
    return {ctx.work.streams.processes,
            [&](message_channel& parent, std::size_t number) {
                run_event_loop([&] { return worker_process(ctx, limits, parent, number); });
            },
            std::chrono::ceil<std::chrono::milliseconds>(ctx.work.limits.order), ctx.processes};
}

void replace_dead(worker_fleet& processes, const run_context& ctx) {
    processes.replace_dead([&](const std::string& how_it_ended) {
        ctx.note(how_it_ended + "; a new one takes its place, and takes its orders over");
    });
}

/// The source's side. `processes`: null if all workers are elsewhere.
void feed(const run_context& ctx, const stream_limits& limits, worker_fleet* processes) {
    std::function<void(const order_result&)> count;
    if (processes == nullptr)
        count = [&](const order_result& r) { ctx.out.end_elsewhere(r.order, r.what, r.service); };
    order_producer producer(*ctx.stream, {.orders = ctx.work.orders,
                                          .limits = limits,
                                          .stop = ctx.stop,
                                          .note = ctx.note,
                                          .arrivals = ctx.orders.is_open() ? &ctx.orders : nullptr,
                                          .result = std::move(count)});
    producer.add_all();  // of an open run: while it waits for results, as they arrive
    while (!producer.all_results_in() && !ctx.stop.requested()) {
        producer.read_results();
        if (processes != nullptr) replace_dead(*processes, ctx);
    }
}

/// The workers' side of a session elsewhere. Its patience with Redis is that of the session, not of an order.
void serve(const run_context& ctx) {
    static const std::atomic<bool> never{false};
    auto to_the_end = ctx;
    to_the_end.stop = stop_flag(never);
    const auto limits = stream_limits_elsewhere(ctx.work);
    auto processes = start_workers(to_the_end, limits);
    while (!ctx.stop.requested()) {
        std::ignore = processes.wait(pause_of_a_server);
        replace_dead(processes, ctx);
    }
    if (const auto killed = processes.stop(); killed > 0)
        throw setup_error(fmt::format("{} of {} processes did not end what they had in hand within --order-timeout",
                                      killed, processes.size()));
}

void run(const run_context& ctx) {
    if (ctx.part == run_part::workers) return serve(ctx);
    const auto limits = stream_limits_of(ctx.work);
    ctx.stream->create(limits);
    if (ctx.part == run_part::source) return feed(ctx, limits, nullptr);
    auto processes = start_workers(ctx, limits);
    feed(ctx, limits, &processes);
}

needs needs_at(const workload& work) {
    const auto& s = work.streams;
    const bool together = s.mode == batch_mode::together;
    const std::uint64_t in_flight = together ? std::uint64_t{s.workers} * s.batch : s.workers;
    return {
        .in_flight = in_flight,
        .database_connections = std::max(work.db_connections, s.processes),
        .descriptors =
            in_flight + s.workers + 2 * s.processes + work.db_connections + 2 * work.transform_on.processes(),
        .processes = 1ull + s.processes,
        .threads = 2ull + work.transform_on.threads,  // the second renews the leases
        .helpers = std::uint64_t{s.processes} * work.transform_on.processes(),
        .behind_another = together ? 0 : s.batch - 1,
        .redis = true,
        .event_loops = true,
    };
}

}  // namespace

const pattern redis_streams{
    .id = "redis-streams",
    .title = "Redis Streams workers",
    .summary = "async workers in several processes read a stream through a consumer group",
    .needs_at = needs_at,
    .run = run,
};

}  // namespace pipebench
