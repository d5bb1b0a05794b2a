// What all workers of a run share about its requests: the retry budget and the client-side rate limit. It lies in
// memory that they all map (record_board.hpp), so that the bounds hold for the run and not for each worker.
#pragma once

#include "pipebench/duration.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace pipebench {

/// Retries that a run has beyond its share: a small run could not retry at all without them.
inline constexpr std::uint64_t retry_reserve = 100;

/// Zeros are its right first value.
struct traffic_state {
    std::atomic<std::uint64_t> firsts, retries, refused;
    std::atomic<std::int64_t> next_ns;  ///< steady clock: when the rate limit's bucket will be full again
};

/// A view of that state with the limits that hold. Any thread, any process.
class traffic {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// `retry_share`: retries per first attempt, over the whole run, on top of retry_reserve (after Finagle's
    /// RetryBudget). `per_second`: requests that may be sent, 0 for no limit.
    traffic(traffic_state& shared, double retry_share, std::uint64_t per_second) noexcept
        : shared_(&shared), retry_share_(retry_share), per_second_(per_second) {}

    void count_first() noexcept { shared_->firsts.fetch_add(1, std::memory_order_relaxed); }
    /// True when there is one left in the budget, which is then taken. Both answers are counted.
    [[nodiscard]] bool take_retry() noexcept;

    /// When the next request may be sent: `now` without a limit; nullopt when it would be after `latest`, and then no
    /// token is taken. A token bucket that holds a tenth of a second's tokens and is full at first, as the generic
    /// cell rate algorithm (ITU-T I.371).
    [[nodiscard]] std::optional<time_point> next_slot(time_point now, time_point latest) noexcept;

    /// Requests that may be sent at once after a quiet moment.
    [[nodiscard]] static std::uint64_t burst_of(std::uint64_t per_second) noexcept {
        return per_second >= 10 ? per_second / 10 : 1;
    }

private:
    traffic_state* shared_;
    double retry_share_;
    std::uint64_t per_second_;
};

}  // namespace pipebench
