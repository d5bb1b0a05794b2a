// The retry budget and the client-side rate limit that all workers of a run share. Their state lies in memory that
// all workers map (record_board.hpp), so that the bounds hold for the run and not for each worker.
#pragma once

#include "pipebench/duration.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace pipebench {

/// Retries that a run has in addition to its share: without them a small run could not retry.
inline constexpr std::uint64_t retry_reserve = 100;

/// Its initial value is all zero.
struct traffic_state {
    std::atomic<std::uint64_t> firsts, retries, refused;
    std::atomic<std::int64_t> next_ns;  ///< steady clock: when the rate limit's bucket will be full again
};

/// A view of that state with the limits of the run. Any thread, any process.
class traffic {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// `retry_share`: retries per first attempt, over the whole run, on top of retry_reserve (after Finagle's
    /// RetryBudget). `per_second`: requests that may be sent, 0 for no limit.
    traffic(traffic_state& shared, double retry_share, std::uint64_t per_second) noexcept
        : shared_(&shared), retry_share_(retry_share), per_second_(per_second) {}

    void count_first() noexcept { shared_->firsts.fetch_add(1, std::memory_order_relaxed); }
    /// Takes a retry from the budget; false if none is left. Both answers are counted.
    [[nodiscard]] bool take_retry() noexcept;

    /// Returns when the next request may be sent: `now` without a limit; nullopt, without taking a token, if that is
    /// after `latest`. It is a token bucket, full at first, that holds the tokens of a tenth of a second, implemented
    /// as the generic cell rate algorithm (ITU-T I.371).
    [[nodiscard]] std::optional<time_point> next_slot(time_point now, time_point latest) noexcept;

    /// Requests that may be sent at once after a pause.
    [[nodiscard]] static std::uint64_t burst_of(std::uint64_t per_second) noexcept {
        return per_second >= 10 ? per_second / 10 : 1;
    }

private:
    traffic_state* shared_;
    double retry_share_;
    std::uint64_t per_second_;
};

}  // namespace pipebench
