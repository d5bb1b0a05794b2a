// What the pipelines of a run find out besides the outcomes of its orders: how long each stage took, the first reason
// of each kind of failure, and how long orders waited for a database connection or for a thread that transforms them.
// The memory lies in the run's record (record_board.hpp), so that all workers of a run write it and the session reads
// it.
#pragma once

#include "contracts/latency_board.hpp"
#include "contracts/span_log.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

struct trouble_board;

inline constexpr std::size_t longest_reason = 191;  ///< bytes of a text; the rest is cut off

/// Waits for a database connection that are longer count as long ones.
inline constexpr std::chrono::milliseconds long_connection_wait{250};

inline constexpr std::size_t timed_stage_count = 3;  ///< fetch, transform, store: the first of enum stage

/// Its initial value is all zero.
struct findings_state {
    struct reason {
        std::atomic<std::uint8_t> step;  ///< 0: none, 1: being written, 2: complete
        std::array<char, longest_reason> text;
    };
    reason reasons[stage_count][error_kind_count];
    std::atomic<std::uint64_t> long_connection_waits;
    std::atomic<std::int64_t> longest_connection_wait_ns;
    latency_board transform_wait;
    shared_counter transforms_held_back;
    shared_counter transform_deaths;
    std::atomic<bool> untimed;  ///< no duration and no latency is kept
    latency_board stage_durations[timed_stage_count];
    std::size_t spans_at;  ///< bytes from this state to the span_board of the run; 0: no trace was asked for
};

/// Null if no trace was asked for.
[[nodiscard]] inline span_board* spans_of(findings_state& state) noexcept {
    if (state.spans_at == 0) return nullptr;
    return reinterpret_cast<span_board*>(reinterpret_cast<std::byte*>(&state) + state.spans_at);
}

/// A view of that state. Any thread, any process.
class run_findings {
public:
    /// Keeps nothing.
    run_findings() = default;
    /// `state` must outlive it.
    explicit run_findings(findings_state& state) noexcept : state_(&state) {}
    /// Both must outlive it.
    run_findings(findings_state& state, trouble_board& trouble) noexcept : state_(&state), trouble_(&trouble) {}

    /// An attempt has failed. Keeps the text that `compose` returns if it is the first of this stage and kind, and for
    /// the order whose failure this thread tells next. It is not called if nobody needs it.
    template <class Compose>
    void explain(stage at, error_kind kind, Compose compose) const {
        if (kind != error_kind::none && needs_reason(at, kind)) keep(at, kind, compose());
    }
    /// For what sampled orders do.
    [[nodiscard]] span_log spans() const noexcept {
        auto* board = state_ != nullptr ? spans_of(*state_) : nullptr;
        return board != nullptr ? span_log(*board) : span_log();
    }
    /// An attempt at this timed stage, which may have failed, took this long. A few relaxed atomic additions.
    void count_stage(stage at, std::chrono::nanoseconds took) const noexcept;
    /// The order is given up. Its reason is the last one of this stage and kind that this thread has explained: exactly
    /// its own of a fetch or a transform; of a store perhaps that of another row of the same connection.
    void give_up(order_id id, stage at, error_kind kind) const noexcept;
    /// A request was answered with 429.
    void count_throttled() const noexcept;
    /// An order has waited this long until a connection to the database was open, or until it could not be opened.
    void count_connection_wait(std::chrono::nanoseconds waited) const noexcept;
    /// A thread begins to transform an order, which has waited this long for it.
    void count_transform_wait(std::chrono::nanoseconds waited) const noexcept;
    /// An order found the queue of the threads that transform full.
    void count_transform_held_back() const noexcept;
    /// A process that transforms has died.
    void count_transform_death() const noexcept;

private:
    [[nodiscard]] bool needs_reason(stage at, error_kind kind) const noexcept;
    void keep(stage at, error_kind kind, std::string_view text) const noexcept;

    findings_state* state_ = nullptr;
    trouble_board* trouble_ = nullptr;
};

/// The text that was kept, printable; empty if there is none.
[[nodiscard]] std::string reason_in(const findings_state& state, stage at, error_kind kind);

}  // namespace pipebench
