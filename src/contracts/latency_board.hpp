// Counters and histograms in memory that several processes share. Every access is a relaxed atomic operation.
#pragma once

#include "contracts/latency_bin.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace pipebench {

using shared_counter = std::atomic<std::uint64_t>;
static_assert(shared_counter::is_always_lock_free && sizeof(shared_counter) == 8);

inline void add(shared_counter& c, std::uint64_t n) noexcept { c.fetch_add(n, std::memory_order_relaxed); }
inline void subtract(shared_counter& c, std::uint64_t n) noexcept { c.fetch_sub(n, std::memory_order_relaxed); }
[[nodiscard]] inline std::uint64_t get(const shared_counter& c) noexcept { return c.load(std::memory_order_relaxed); }

inline void raise_to(shared_counter& maximum, std::uint64_t value) noexcept {
    auto seen = get(maximum);
    while (seen < value && !maximum.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

/// Latencies, as a histogram (latency_bin.hpp), with their exact sum and maximum.
struct latency_board {
    shared_counter sum_ns, max_ns;
    shared_counter bins[latency_bins];

    void count(std::chrono::steady_clock::duration d) noexcept {
        const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(std::chrono::nanoseconds(d).count(), 0));
        add(bins[latency_bin(d)], 1);
        add(sum_ns, ns);
        raise_to(max_ns, ns);
    }
};

}  // namespace pipebench
