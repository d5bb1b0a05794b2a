// process-pool: a parent hands orders to C blocking worker processes.
//
// Models ProcessPoolExecutor: every worker is a process that takes one order at a time from its channel, does all of
// it with blocking calls, and sends back its outcome.
//
// Wins when the transform is heavy or crashes: workers share nothing, and a dead one takes at most one order with it.
// Python's pool is broken for good by one death; this one gives the order to another worker and starts a new one.
// Breaks when orders mostly wait: each order in flight needs a process, and a waiting process is expensive. Eight
// workers at 200 ms per order cannot do more than 40 orders a second, on any number of cores.
//
// In flight: C orders, one per process.
#include "patterns/patterns.hpp"

#include "concurrency/worker_process.hpp"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

constexpr unsigned max_deaths_per_order = 3;  ///< an order whose workers died this often fails

struct assignment {
    order_log::ticket ticket;
    unsigned deaths = 0;  ///< of workers that held it
};

struct finished {
    order_id id;
    outcome result;
    std::uint32_t unused = 0;  ///< in place of padding: every byte of a message is defined
};

void worker(const run_context& ctx, message_channel& parent) {
    const auto pipeline = ctx.open.blocking();
    while (const auto id = parent.receive<order_id>()) {
        const finished done{*id, pipeline->process(*id)};
        if (!parent.send(done)) return;
    }
}

class pool {
public:
    explicit pool(const run_context& ctx)
        : ctx_(ctx),
          workers_(
              ctx.work.pool_processes, [&ctx](message_channel& parent, std::size_t) { worker(ctx, parent); },
              worker_fleet::default_patience, ctx.processes),
          held_(workers_.size()) {}

    void run() {
        for (std::size_t w = 0; w < workers_.size(); ++w) idle_.push_back(w);
        while (busy_ > 0 || !again_.empty() || !ctx_.orders.all_taken()) {
            for (const std::size_t w : workers_.start_replacements()) idle_.push_back(w);
            hand_out();
            for (const std::size_t w : workers_.wait(longest_wait())) receive_from(w);
        }
    }

private:
    void receive_from(std::size_t w) {
        const auto done = workers_.channel(w).receive<finished>();
        const auto held = std::exchange(held_[w], std::nullopt);
        if (held) --busy_;
        // A worker that answers for another order than its own is corrupt, and treated as dead.
        if (!done || !held || held->ticket.id != done->id) return reap(w, held);
        ctx_.out.end(held->ticket, done->result);
        idle_.push_back(w);
        hand_out();
    }

    /// Orders that have arrived wait here while no worker is idle.
    void hand_out() {
        ctx_.orders.admit();
        for (; !idle_.empty(); idle_.pop_back()) {
            const auto w = idle_.back();
            held_[w] = next_order();
            if (!held_[w]) return;
            ++busy_;
            workers_.channel(w).send(held_[w]->ticket.id);  // if the worker has died, wait() will return it
        }
    }

    /// Until the next arrival; a second if there is none to wait for.
    [[nodiscard]] std::chrono::nanoseconds longest_wait() const {
        return ctx_.orders.all_arrived() || !ctx_.orders.is_open() ? std::chrono::seconds(1)
                                                                   : ctx_.orders.until_next();
    }

    std::optional<assignment> next_order() {
        if (!again_.empty()) {
            const auto next = again_.front();
            again_.pop_front();
            return next;
        }
        const auto id = ctx_.orders.take();
        return id ? std::optional(assignment{ctx_.out.begin(*id)}) : std::nullopt;
    }

    void reap(std::size_t w, std::optional<assignment> held) {
        std::erase(idle_, w);
        ctx_.note(workers_.reap(w) + "; another one takes over");
        if (!held) return;
        if (++held->deaths < max_deaths_per_order) again_.push_back(*held);
        else ctx_.out.end(held->ticket, {stage::schedule, error_kind::worker_died, 0, 0});
    }

    const run_context& ctx_;
    worker_fleet workers_;
    std::vector<std::optional<assignment>> held_;  ///< per worker
    std::deque<assignment> again_;                 ///< of workers that died; handed out again
    std::vector<std::size_t> idle_;                ///< workers without an order
    std::size_t busy_ = 0;                         ///< workers that hold one
};

void run(const run_context& ctx) { pool(ctx).run(); }

needs needs_at(const workload& work) {
    return {
        .in_flight = work.pool_processes,
        .database_connections = work.pool_processes,
        .descriptors = 2ull * work.pool_processes,
        .processes = 1ull + work.pool_processes,
        .threads = 2,  // the second is the watchdog of its database socket
        .separate_source = false,
    };
}

}  // namespace

const pattern process_pool{
    .id = "process-pool",
    .title = "Process pool",
    .summary = "a parent hands orders to blocking worker processes, one each at a time",
    .needs_at = needs_at,
    .run = run,
};

}  // namespace pipebench
