#include "contracts/traffic.hpp"

#include <algorithm>

namespace pipebench {

bool traffic::take_retry() noexcept {
    auto taken = shared_->retries.load(std::memory_order_relaxed);
    for (;;) {
        const auto firsts = static_cast<double>(shared_->firsts.load(std::memory_order_relaxed));
        const auto limit = retry_reserve + static_cast<std::uint64_t>(retry_share_ * firsts);
        if (taken >= limit) {
            shared_->refused.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        if (shared_->retries.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) return true;
    }
}

std::optional<traffic::time_point> traffic::next_slot(time_point now, time_point latest) noexcept {
    if (per_second_ == 0) return now;
    const std::int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
    const std::int64_t interval = 1'000'000'000 / static_cast<std::int64_t>(per_second_);
    const std::int64_t ahead = interval * static_cast<std::int64_t>(burst_of(per_second_) - 1);
    auto next = shared_->next_ns.load(std::memory_order_relaxed);
    for (;;) {
        const std::int64_t begins = std::max(next, now_ns);
        const time_point slot{std::chrono::nanoseconds{std::max(now_ns, begins - ahead)}};
        if (slot > latest) return std::nullopt;
        if (shared_->next_ns.compare_exchange_weak(next, begins + interval, std::memory_order_relaxed)) return slot;
    }
}

}  // namespace pipebench
