// What sampled orders did, from when to when, for --trace. The memory lies behind the run's record (record_board.hpp),
// and only if a trace was asked for. All processes of the run write it; the session reads it after the run, so that
// what a process had written before it was killed is kept.
#pragma once

#include "contracts/latency_board.hpp"
#include "contracts/random.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// What an order did. The last two are moments, and so is an acknowledgement that goes out with a read.
enum class span_kind : std::uint8_t {
    wait,              ///< of an open run: from the arrival to the begin
    rate_limit,        ///< until the client's own limit allowed a request
    fetch,             ///< one attempt
    pause,             ///< before another attempt
    transform,         ///< with the wait for a thread
    store,             ///< one attempt
    database_latency,  ///< simulated
    acknowledge,       ///< to Redis, which holds the order until then
    redelivered,       ///< begun again: its former holder has probably died
    ended,
};
inline constexpr std::size_t span_kind_count = 10;
[[nodiscard]] std::string_view name_of(span_kind k) noexcept;  ///< "database latency"

struct span {
    order_id order = 0;
    std::int64_t begin_ns = 0, end_ns = 0;  ///< of the steady clock, which all processes of a machine share
    std::int32_t process = 0;               ///< add() sets it
    std::uint16_t status = 0;               ///< of the HTTP answer; 0: there was none
    std::uint8_t attempt = 0;               ///< counted from 1; of a pause: the last one; 0: is no attempt
    span_kind what = span_kind::ended;
    stage at = stage::store;  ///< of an end: where the order failed
    error_kind result = error_kind::none;
    bool operator==(const span&) const = default;
};

/// Which orders are traced: a hash of the order and the seed decides, so that every pattern traces the same.
struct trace_sampling {
    std::uint64_t seed = 0, highest = 0;

    [[nodiscard]] bool takes(order_id id) const noexcept {
        return splitmix64_mix(splitmix64_mix(seed) + id * 0x9e3779b97f4a7c15) <= highest;
    }
};
/// `share` of all orders: more than 0, at most 1.
[[nodiscard]] trace_sampling sample_of(double share, std::uint64_t seed) noexcept;

inline constexpr std::size_t most_spans_of_run = 200'000;  ///< further ones are counted, and not kept

/// Its initial value is all zero.
struct span_board {
    struct place {
        std::atomic<bool> complete;
        span what;
    };
    trace_sampling sampling;  ///< set before the run
    shared_counter taken;
    place places[most_spans_of_run];
};

/// A view of that memory. Any thread, any process.
class span_log {
public:
    /// Traces nothing.
    span_log() = default;
    /// `board` must outlive it.
    explicit span_log(span_board& board) noexcept : board_(&board) {}

    [[nodiscard]] bool is_on() const noexcept { return board_ != nullptr; }
    [[nodiscard]] bool takes(order_id id) const noexcept { return is_on() && board_->sampling.takes(id); }
    /// Of an order that it takes.
    void add(span s) const noexcept;

private:
    span_board* board_ = nullptr;
};

[[nodiscard]] inline std::int64_t ns_of(std::chrono::steady_clock::time_point t) noexcept {
    return std::chrono::nanoseconds(t.time_since_epoch()).count();
}

/// The spans of one run.
struct kept_spans {
    std::vector<span> spans;   ///< in no order
    std::uint64_t beyond = 0;  ///< the limit: not kept
};
[[nodiscard]] kept_spans spans_in(const span_board& board);

/// A run as a trace shows it.
struct traced_run {
    std::string name;
    std::int64_t started_ns = 0;  ///< of the steady clock
    std::vector<span> spans{};
};

}  // namespace pipebench
