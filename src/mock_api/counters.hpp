// What all threads of the server count together.
#pragma once

#include "mock_api/behaviour.hpp"

#include <atomic>
#include <cstdint>

namespace pipebench {

/// From any thread. Relaxed: each counter stands for itself, and clients are ordered by their own exchanges.
class counters {
public:
    explicit counters(unsigned threads) noexcept : threads_(threads) {}

    void count_request() noexcept { add(requests_); }
    void count_response() noexcept { add(responses_); }
    void enter() noexcept { raise(peak_concurrent_, add(concurrent_) + 1); }  ///< one more is concurrent
    void leave() noexcept { concurrent_.fetch_sub(1, std::memory_order_relaxed); }
    void open_connection() noexcept {
        add(connections_);
        raise(peak_connections_, add(open_connections_) + 1);
    }
    void close_connection() noexcept { open_connections_.fetch_sub(1, std::memory_order_relaxed); }
    void count_refusal() noexcept { add(refusals_); }
    void count_throttled() noexcept { add(throttled_); }
    void count_fault() noexcept { add(faults_); }
    void count_early() noexcept { add(early_); }

    [[nodiscard]] std::uint64_t open_connections() const noexcept {
        return open_connections_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] api_stats read() const noexcept {
        api_stats s;
        s.threads = threads_;
        s.requests = requests_;
        s.responses = responses_;
        s.concurrent = concurrent_;
        s.peak_concurrent = peak_concurrent_;
        s.connections = connections_;
        s.open_connections = open_connections_;
        s.peak_connections = peak_connections_;
        s.refusals = refusals_;
        s.throttled = throttled_;
        s.faults = faults_;
        s.early = early_;
        return s;
    }

private:
    using counter = std::atomic<std::uint64_t>;
    static std::uint64_t add(counter& c) noexcept { return c.fetch_add(1, std::memory_order_relaxed); }
    static void raise(counter& peak, std::uint64_t value) noexcept {
        auto seen = peak.load(std::memory_order_relaxed);
        while (seen < value && !peak.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
        }
    }

    const unsigned threads_;
    counter requests_{0}, responses_{0}, concurrent_{0}, peak_concurrent_{0};
    counter connections_{0}, open_connections_{0}, peak_connections_{0}, refusals_{0};
    counter throttled_{0}, faults_{0}, early_{0};
};

}  // namespace pipebench
