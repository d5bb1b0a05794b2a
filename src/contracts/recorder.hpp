// What a pattern tells about each order, kept in memory shared by the session, the run and its workers: the
// session reads progress from it while the run writes, and no message is needed for either.
#pragma once

#include "contracts/cpu_section.hpp"
#include "contracts/traffic.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace pipebench {

/// Latencies fall into bins of equal ratio: 1 % wide, from 1 us to 1,000 s (see measure/histogram.hpp).
inline constexpr std::size_t latency_bins = 2084;
[[nodiscard]] std::size_t latency_bin(std::chrono::steady_clock::duration d) noexcept;

/// A reading of the counters. Between runs of a worker the parts may be an instant apart.
struct progress {
    std::uint64_t begun = 0;  ///< each order once, but for one that is being repeated just now
    std::uint64_t stored = 0, failed = 0;
    std::uint64_t repeated = 0;           ///< ends of orders that had ended before: redelivered and done again
    std::uint64_t http_attempts = 0;      ///< of all ends
    std::uint64_t repeated_attempts = 0;  ///< of the repeated ones among them
    std::uint64_t store_attempts = 0;
    std::uint64_t queued = 0;                        ///< offered, and not begun
    std::uint64_t retries = 0, refused_retries = 0;  ///< HTTP; those that the retry budget refused
    std::array<std::array<std::uint64_t, error_kind_count>, stage_count> failures{};

    [[nodiscard]] std::uint64_t ended() const noexcept { return stored + failed; }
    [[nodiscard]] std::uint64_t in_flight() const noexcept { return begun > ended() ? begun - ended() : 0; }
};

/// How the session asks a run to end early. Patterns ask before every order.
class stop_flag {
public:
    explicit stop_flag(const std::atomic<bool>& flag) noexcept : flag_(&flag) {}
    [[nodiscard]] bool requested() const noexcept { return flag_->load(std::memory_order_relaxed); }

private:
    const std::atomic<bool>* flag_;
};

/// One run's record. Any thread and any process that inherited the descriptor may call begin() and end() at
/// the same time: each is a handful of relaxed atomic additions. It holds a byte and four bits an order, no more.
class recorder {
public:
    /// An order on its way: what begin() gives and end() takes.
    struct ticket {
        order_id id;
        std::chrono::steady_clock::time_point began;
    };

    static recorder create(std::uint64_t orders);  ///< throws setup_error
    static recorder attach(int descriptor);        ///< maps what create() made; takes the descriptor over
    recorder(recorder&&) noexcept;
    ~recorder();

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] std::uint64_t orders() const noexcept;

    /// The order waits in a queue of the pattern's from here on, until its begin(). Only where there is such a queue.
    void offer() noexcept;
    /// The order is in flight from here on.
    [[nodiscard]] ticket begin(order_id id) noexcept;
    /// The order has ended. A second end of the same order counts as a repetition and changes nothing else,
    /// but for a late success: stored wins over failed. An outcome that is_valid() denies counts as worker_died.
    void end(const ticket& t, const outcome& o) noexcept;
    /// The end of an order that nobody timed: as end(), with no latency.
    void settle(order_id id, const outcome& o) noexcept;

    /// From here on no clock is read for an order, and no latency is kept; to see what that costs.
    void leave_out_latencies() noexcept;

    /// The clock of the run: around pattern::run, in the run's own process. A run that is started again does not
    /// start it again.
    void start_clock() noexcept;
    /// What came before was no part of the run. Nothing happens once it has stopped.
    void restart_clock() noexcept;
    void stop_clock() noexcept;
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;  ///< so far, or in all once stopped
    [[nodiscard]] bool clock_stopped() const noexcept;

    /// The run's own high-water mark of memory (VmHWM), for runs too short to be sampled from outside.
    void keep_peak_rss(std::uint64_t bytes) noexcept;
    [[nodiscard]] std::uint64_t peak_rss() const noexcept;

    /// A sample of CPU time (section_sampler.hpp). Safe in a signal handler.
    void count_sample(cpu_section s) noexcept;
    [[nodiscard]] std::array<std::uint64_t, cpu_section_count> samples() const noexcept;

    /// What all workers share of the retry budget and the rate limit.
    [[nodiscard]] traffic_state& shared_traffic() const noexcept;

    /// Something was killed, now (the first time counts): from here to the next order that ends for the first time is
    /// the time to recover.
    void mark_kill() noexcept;
    [[nodiscard]] std::chrono::nanoseconds killed_at() const noexcept;   ///< on the run's clock; 0: never
    [[nodiscard]] std::chrono::nanoseconds resumed_at() const noexcept;  ///< on the run's clock; 0: not yet
    /// The run was killed and begins anew: nothing waits any more, and nothing is in flight. While nobody writes.
    void forget_unfinished() noexcept;

    void request_stop() noexcept;
    [[nodiscard]] stop_flag stop() const noexcept;

    [[nodiscard]] progress read() const noexcept;
    [[nodiscard]] std::vector<std::uint64_t> latencies() const;  ///< counts, latency_bins of them
    [[nodiscard]] std::chrono::nanoseconds latency_sum() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds latency_max() const noexcept;
    [[nodiscard]] bool was_stored(order_id id) const noexcept;
    [[nodiscard]] bool has_ended(order_id id) const noexcept;

private:
    struct board;
    bool count_end(order_id id, const outcome& given) noexcept;
    recorder(board* b, int descriptor, std::size_t bytes) noexcept;

    board* board_;
    int descriptor_;
    std::size_t bytes_;
};

}  // namespace pipebench
