// Reads the record of a run, during the run and after it.
#pragma once

#include "contracts/cpu_section.hpp"
#include "contracts/latency_bin.hpp"
#include "contracts/span_log.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pipebench {

struct record_board;
struct trouble_board;

/// A snapshot of the counters. During the run they are not read at exactly the same time.
struct progress {
    std::uint64_t begun = 0;  ///< each order once; one begun again after its end counts twice until it ends
    std::uint64_t begun_again =
        0;  ///< orders whose first holder has died, as far as is known; after the run: exactly
    std::uint64_t stored = 0, failed = 0;
    std::uint64_t repeated = 0;           ///< second and later ends of orders that were redelivered
    std::uint64_t http_attempts = 0;      ///< of all ends
    std::uint64_t repeated_attempts = 0;  ///< of the repeated ones among them
    std::uint64_t store_attempts = 0;
    std::uint64_t queued = 0;                        ///< offered or arrived, and neither begun nor shed
    std::uint64_t retries = 0, refused_retries = 0;  ///< HTTP; those that the retry budget refused
    std::uint64_t throttled = 0;                     ///< answers 429
    std::array<std::array<std::uint64_t, error_kind_count>, stage_count> failures{};

    [[nodiscard]] std::uint64_t failed_as(stage at, error_kind kind) const noexcept {
        return failures[static_cast<std::size_t>(at)][static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] std::uint64_t ended() const noexcept { return stored + failed; }
    [[nodiscard]] std::uint64_t in_flight() const noexcept { return begun > ended() ? begun - ended() : 0; }
};

/// A copy of a distribution.
struct latency_counts {
    std::vector<std::uint64_t> bins;  ///< latency_bins of them
    std::chrono::nanoseconds sum{}, max{};
};

/// Any thread, any process.
class run_reader {
public:
    /// `board` must outlive it.
    explicit run_reader(record_board& board) noexcept : board_(&board) {}

    [[nodiscard]] std::uint64_t orders() const noexcept;
    [[nodiscard]] progress read() const noexcept;
    [[nodiscard]] std::uint64_t queued() const noexcept;  ///< as in progress
    [[nodiscard]] bool was_stored(order_id id) const noexcept;
    [[nodiscard]] bool has_ended(order_id id) const noexcept;
    [[nodiscard]] bool is_in_flight(order_id id) const noexcept;

    [[nodiscard]] latency_counts service() const;   ///< begin to end
    [[nodiscard]] latency_counts wait() const;      ///< of an open run: arrival to begin
    [[nodiscard]] latency_counts response() const;  ///< of an open run: arrival to end, of those that were stored
    [[nodiscard]] latency_counts lateness() const;  ///< of an open run: how late orders arrived, after the warm-up
    /// Of fetch, transform or store: each attempt, also failed ones, repeated orders and the warm-up. Fetch and store:
    /// from the request to the answer, with what they wait for (a connection, a batch) and without pauses and the
    /// simulated database latency. Transform: with the wait for a thread; only orders that came to the store.
    [[nodiscard]] latency_counts stage_duration(stage at) const;
    /// What sampled orders did; empty if no trace was asked for.
    [[nodiscard]] kept_spans spans() const;
    [[nodiscard]] latency_counts loop_lag() const;  ///< how late the timers of the event loops were
    /// How long orders waited for a thread that transforms them, and how many of them found its queue full.
    [[nodiscard]] latency_counts transform_wait() const;
    [[nodiscard]] std::uint64_t transforms_held_back() const noexcept;
    /// Processes that transform and have died.
    [[nodiscard]] std::uint64_t transform_deaths() const noexcept;
    /// Of an open run: orders stored while they arrived, after the warm-up.
    [[nodiscard]] std::uint64_t stored_in_window() const noexcept;
    /// Of an open run: orders stored within the limit of this objective.
    [[nodiscard]] std::uint64_t on_time(std::size_t objective) const noexcept;

    /// The start of the run's clock; 0 if it has not started.
    [[nodiscard]] std::int64_t started_ns() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;  ///< so far, or in total after stop_clock()
    [[nodiscard]] bool clock_stopped() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds killed_at() const noexcept;   ///< on the run's clock; 0: never
    [[nodiscard]] std::chrono::nanoseconds resumed_at() const noexcept;  ///< on the run's clock; 0: not yet

    /// The first reason of this kind of failure, printable; empty if none was kept.
    [[nodiscard]] std::string reason_of(stage at, error_kind kind) const;
    /// Orders that waited for a database connection for longer than long_connection_wait, and the longest wait of
    /// all.
    [[nodiscard]] std::uint64_t long_connection_waits() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds longest_connection_wait() const noexcept;

    /// What went wrong, one by one.
    [[nodiscard]] const trouble_board& trouble() const noexcept;
    /// That moment of the steady clock on the run's clock.
    [[nodiscard]] std::chrono::nanoseconds on_clock(std::int64_t steady_ns) const noexcept;

    [[nodiscard]] std::uint64_t peak_rss() const noexcept;
    [[nodiscard]] std::array<std::uint64_t, cpu_section_count> samples() const noexcept;

private:
    record_board* board_;
};

}  // namespace pipebench
