// The counters that all threads of the server share.
#pragma once

#include "contracts/api_counters.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace pipebench {

/// The counters of a server. Requests, responses and concurrent requests include only those for orders, with any
/// answer. A request is concurrent from the moment at which it has been read until its answer begins to be sent.
struct api_stats : api_view {
    std::uint64_t concurrent = 0, open_connections = 0;  ///< now
};
BOOST_DESCRIBE_STRUCT(api_stats, (api_view), (concurrent, open_connections))

/// {"threads":4,...}: every counter under its name.
[[nodiscard]] std::string to_json(const api_stats& stats);

/// From any thread. Relaxed order is enough: no counter depends on another, and a client sees its own exchanges in
/// order.
class counters {
public:
    explicit counters(unsigned threads) noexcept {
        now_.known = true;
        now_.threads = threads;
    }

    void count_request() noexcept { add(now_.requests); }
    void count_response() noexcept { add(now_.responses); }
    void begin_concurrent() noexcept { raise(now_.peak_concurrent, add(now_.concurrent) + 1); }
    void end_concurrent() noexcept { subtract(now_.concurrent); }
    void open_connection() noexcept {
        add(now_.connections);
        raise(now_.peak_connections, add(now_.open_connections) + 1);
    }
    void close_connection() noexcept { subtract(now_.open_connections); }
    void count_refusal() noexcept { add(now_.refusals); }
    void count_throttled() noexcept { add(now_.throttled); }
    void count_fault() noexcept { add(now_.faults); }
    void count_early() noexcept { add(now_.early); }

    [[nodiscard]] std::uint64_t open_connections() const noexcept { return load(now_.open_connections); }
    [[nodiscard]] api_stats read() const noexcept {
        api_stats out;
        out.known = now_.known;
        for_each_counter<api_stats>([&](const char*, auto member) { out.*member = load(now_.*member); });
        return out;
    }

private:
    using counter = std::atomic_ref<std::uint64_t>;
    static std::uint64_t add(std::uint64_t& c) noexcept { return counter(c).fetch_add(1, std::memory_order_relaxed); }
    static void subtract(std::uint64_t& c) noexcept { counter(c).fetch_sub(1, std::memory_order_relaxed); }
    static std::uint64_t load(std::uint64_t& c) noexcept { return counter(c).load(std::memory_order_relaxed); }
    static void raise(std::uint64_t& peak, std::uint64_t value) noexcept {
        auto seen = load(peak);
        while (seen < value && !counter(peak).compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
        }
    }

    mutable api_stats now_;  // mutable because std::atomic_ref needs a non-const reference
};

}  // namespace pipebench
