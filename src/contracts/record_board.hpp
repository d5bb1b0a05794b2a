// The memory behind a run's record: its layout, shared by the session, the run and the run's workers. Three views
// read and write it: order_log (for patterns), run_marks (for what starts and stops a run) and run_reader.
//
// Every access is a relaxed atomic operation: no field is used to publish another. A comment in order_log.cpp marks
// where the order of two writes matters.
#pragma once

#include "contracts/cpu_section.hpp"
#include "contracts/latency_board.hpp"
#include "contracts/run_findings.hpp"
#include "contracts/traffic.hpp"
#include "contracts/trouble_board.hpp"
#include "pipebench/objective.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pipebench {

/// Nanoseconds of the steady clock, which all processes of a machine share.
[[nodiscard]] inline std::int64_t now_ns() noexcept {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A bit per order.
struct order_bits {
    shared_counter* words;

    /// True if it was set before.
    bool test_and_set(order_id id) const noexcept {
        return (words[id / 64].fetch_or(mask(id), std::memory_order_relaxed) & mask(id)) != 0;
    }
    /// True if it was set before.
    bool test_and_clear(order_id id) const noexcept {
        return (words[id / 64].fetch_and(~mask(id), std::memory_order_relaxed) & mask(id)) != 0;
    }
    [[nodiscard]] bool test(order_id id) const noexcept { return (get(words[id / 64]) & mask(id)) != 0; }

private:
    static std::uint64_t mask(order_id id) noexcept { return 1ull << (id % 64); }
};

/// The start of the shared mapping. Four bits per order follow it, then one byte per order, then the spans of a trace if
/// one was asked for. The kernel provides zeroed pages, and zero is the initial value of every field.
struct record_board {
    std::uint64_t orders;
    std::atomic<bool> stop;
    std::atomic<std::int64_t> started_ns, stopped_ns, killed_ns, resumed_ns;  // 0: not yet
    shared_counter peak_rss;
    shared_counter offered, begins, begun_again, stored, failed, repeated;
    shared_counter http_attempts, repeated_attempts, store_attempts;
    shared_counter samples[cpu_section_count];
    traffic_state shared_traffic;
    shared_counter failures[stage_count][error_kind_count];
    latency_board service;  ///< begin to end
    /// Of an open run: arrival to begin; arrival to end, if it was stored; how late orders arrived.
    latency_board wait, response, lateness;
    /// Of an open run, set before it starts. Orders that arrive from window_begin_ns on, on the run's clock, are
    /// counted in its distributions and `on_time`; ends up to window_end_ns in stored_in_window.
    std::int64_t window_begin_ns, window_end_ns;
    std::int64_t objective_ns[max_objectives];  ///< 0: none
    shared_counter on_time[max_objectives];     ///< stored within it
    shared_counter stored_in_window;
    latency_board loop_lag;  ///< of the timers of event loops (concurrency/event_loop.hpp)
    findings_state findings;
    trouble_board trouble;

    static std::size_t words(std::uint64_t orders) noexcept { return static_cast<std::size_t>(orders / 64 + 1); }
    static std::size_t bytes(std::uint64_t orders) noexcept {
        return sizeof(record_board) + 4 * words(orders) * sizeof(shared_counter) +
               static_cast<std::size_t>(orders + 1);
    }
    /// Where the spans lie in a mapping that has them, and where it ends.
    static std::size_t spans_begin(std::uint64_t orders) noexcept {
        constexpr std::size_t to = alignof(span_board);
        return (bytes(orders) + to - 1) / to * to;
    }
    static std::size_t bytes_with_spans(std::uint64_t orders) noexcept {
        return spans_begin(orders) + sizeof(span_board);
    }

    [[nodiscard]] bool was_ordered(order_id id) const noexcept { return id >= 1 && id <= orders; }
    order_bits ended_bits() noexcept { return bits(0); }
    order_bits stored_bits() noexcept { return bits(1); }
    order_bits begun_bits() noexcept { return bits(2); }
    /// Begun a second time before it had ended.
    order_bits begun_again_bits() noexcept { return bits(3); }
    /// The failure at the order's first end, encoded by code_of() in order_log.cpp; 0 if it did not fail.
    std::atomic<std::uint8_t>& failed_as(order_id id) noexcept {
        return reinterpret_cast<std::atomic<std::uint8_t>*>(bits(4).words)[id];
    }

private:
    order_bits bits(std::size_t row) noexcept {
        return {reinterpret_cast<shared_counter*>(this + 1) + row * words(orders)};
    }
};

}  // namespace pipebench
