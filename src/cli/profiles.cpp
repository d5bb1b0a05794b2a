#include "cli/profiles.hpp"

#include "system/box.hpp"

#include <array>

namespace pipebench {
namespace {

constexpr unsigned most_workers = 20, most_processes = 4;

/// Workers and batch whose product is exactly the concurrency, with the largest number of workers that divides it.
stream_parameters streams_at(unsigned concurrency) {
    stream_parameters s;
    s.workers = most_workers;
    while (concurrency % s.workers != 0) --s.workers;
    s.processes = std::min(s.workers, most_processes);
    s.batch = concurrency / s.workers;
    return s;
}

workload equal(unsigned concurrency) {
    workload w;
    w.permits = w.threads = w.pool_processes = w.runner_concurrency = concurrency;
    w.streams = streams_at(concurrency);
    return w;
}

// The parameters of the published run; the concurrency is part of them.
workload article(unsigned) {
    workload w;
    w.permits = w.threads = 100;
    w.pool_processes = 8;
    w.streams.batch = 10;
    w.streams.mode = batch_mode::one_by_one;
    w.connections = connection_use::per_order;
    w.retry.attempts = 1;
    return w;
}

workload capacity(unsigned concurrency) {
    workload w = equal(concurrency);
    w.http.mean = w.db_latency = duration{0};
    w.pool_processes = static_cast<unsigned>(2 * usable_cores());
    w.retry.attempts = 1;
    return w;
}

// What the publication says of its production; its other patterns get as many orders in flight.
workload deployment(unsigned) {
    workload w = equal(150);
    w.orders = 3'000;
    w.arrive.rate = {50'000, std::chrono::hours{1}};
    w.objectives = {{0.99, std::chrono::milliseconds{500}}};
    w.streams.processes = 15;
    w.streams.workers = 150;
    w.streams.batch = 10;
    w.streams.mode = batch_mode::one_by_one;
    return w;
}

}  // namespace

std::span<const profile> profiles() noexcept {
    static constexpr std::array table{
        profile{"equal", "what does the pattern itself cost at the same number of orders in flight?", equal},
        profile{"article", "what do the published parameters give?", article},
        profile{"capacity", "how much can it push, with no latency to wait for?", capacity},
        profile{"deployment", "does the published production keep its objective at its load?", deployment},
    };
    return table;
}

}  // namespace pipebench
