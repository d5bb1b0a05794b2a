// process-pool: a parent hands orders to blocking worker processes.
//
// Models ProcessPoolExecutor: every worker is a process that takes one order at a time from its channel, does
// all of it with blocking calls, and sends back what became of it.
//
// Wins when the transform is heavy or crashes: workers share nothing, and a dead one takes one order with it at
// most. Unlike Python's pool, which is broken for good by one death, this one gives the order to another
// worker and starts a new one.
// Breaks with waiting: in flight is the number of processes, and a process is a dear thing to wait with. Eight
// workers with 200 ms a piece cannot do more than 40 orders a second, however many cores there are.
//
// In flight: the number of processes.
#include "patterns/patterns.hpp"

#include "concurrency/worker_process.hpp"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <vector>

namespace pipebench {
namespace {

constexpr unsigned max_deaths_per_order = 3;  ///< an order that kills its workers is given up then

struct assignment {
    recorder::ticket ticket;
    unsigned deaths = 0;  ///< of workers that held it
};

struct finished {
    order_id id;
    outcome result;
    std::uint32_t unused = 0;  ///< no byte of a message is left to chance
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
          workers_(ctx.work.pool_processes, [&ctx](message_channel& parent, std::size_t) { worker(ctx, parent); }),
          held_(workers_.size()) {}

    void run() {
        for (std::size_t w = 0; w < workers_.size(); ++w) hand_next_to(w);
        while (busy_ > 0)
            for (const std::size_t w : workers_.wait(std::chrono::seconds(1))) {
                const auto done = workers_.channel(w).receive<finished>();
                // One that answers for another order than its own is spoilt, and as good as dead.
                if (done && held_[w] && held_[w]->ticket.id == done->id) take(w, *done);
                else mourn(w);
                hand_next_to(w);
            }
    }

private:
    void hand_next_to(std::size_t w) {
        if (!again_.empty()) {
            held_[w] = again_.front();
            again_.pop_front();
        } else if (next_ <= ctx_.work.orders && !ctx_.stop.requested()) {
            held_[w] = assignment{ctx_.out.begin(next_++)};
        } else {
            return;
        }
        ++busy_;
        workers_.channel(w).send(held_[w]->ticket.id);  // if the worker has died, its channel will say so
    }

    void take(std::size_t w, const finished& done) {
        ctx_.out.end(held_[w]->ticket, done.result);
        held_[w].reset();
        --busy_;
    }

    void mourn(std::size_t w) {
        ctx_.note(fmt::format("{}; another one takes over", workers_.bury(w)));
        workers_.replace(w);
        if (!held_[w]) return;
        --busy_;
        if (++held_[w]->deaths < max_deaths_per_order) again_.push_back(*held_[w]);
        else ctx_.out.end(held_[w]->ticket, {stage::schedule, error_kind::worker_died, 0, 0});
        held_[w].reset();
    }

    const run_context& ctx_;
    worker_fleet workers_;
    std::vector<std::optional<assignment>> held_;  ///< per worker
    std::deque<assignment> again_;
    order_id next_ = 1;
    std::size_t busy_ = 0;
};

void run(const run_context& ctx) { pool(ctx).run(); }

needs needs_at(const workload& work) {
    return {
        .in_flight = work.pool_processes,
        .database_connections = work.pool_processes,
        .descriptors = 2ull * work.pool_processes,
        .processes = 1ull + work.pool_processes,
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
