// The state that a scenario needs: how often each order was requested, how many requests are being served, and when
// the outage is. One for all threads, without locks: any thread may call every function. The caller reads the clock.
#pragma once

#include "contracts/traffic.hpp"
#include "mock_api/behaviour.hpp"
#include "mock_api/counters.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>

namespace pipebench {

using server_clock = std::chrono::steady_clock;

/// The attempts of each order, and the time before which it must not be requested again. Orders whose ids differ by a
/// multiple of `slots` share a slot; a run has fewer orders. Memory is used page by page as orders come, up to 80
/// MiB.
class order_memory {
public:
    static constexpr std::size_t slots = 16 * 1024 * 1024;

    order_memory();  ///< throws setup_error

    /// Counts a request for this order. Returns the number so far, this one included, but at most most_attempts.
    unsigned count_attempt(order_id id) noexcept;
    /// `time` counts from the same moment in all calls. Times beyond 49 days are ignored.
    void not_before(order_id id, std::chrono::milliseconds time) noexcept;
    [[nodiscard]] bool is_early(order_id id, std::chrono::milliseconds now) noexcept;

private:
    struct release {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };
    template <class T>
    using zeroed = std::unique_ptr<T[], release>;

    zeroed<std::uint8_t> attempts_;
    zeroed<std::uint32_t> not_before_;
};

/// The client's rate limit (contracts/traffic.hpp) on the server side: a request that would have to wait is refused.
class token_bucket {
public:
    explicit token_bucket(std::uint64_t per_second) noexcept : limit_(state_, 0, per_second) {}  ///< above 0
    token_bucket(const token_bucket&) = delete;
    token_bucket& operator=(const token_bucket&) = delete;
    bool take(server_clock::time_point now) noexcept { return limit_.next_slot(now, now).has_value(); }

private:
    traffic_state state_{};
    traffic limit_;
};

class trouble_state {
public:
    /// Called once, by a serving thread, when the outage begins.
    using tell_outage = std::function<void(server_clock::time_point from, server_clock::time_point to)>;

    /// Both must outlive it. Throws setup_error.
    trouble_state(const api_settings& settings, counters& count, tell_outage tell = {});

    enum class admission : std::uint8_t { served, throttled };
    /// Decides whether a request for an order is throttled or served, perhaps with a fault in its reply. A served
    /// request holds a permit until release().
    admission apply(api_reply& reply, server_clock::time_point now);
    void release() noexcept;
    /// Call it for each answer before it is sent.
    void answered(const api_reply& reply, server_clock::time_point now) noexcept;
    /// Whether the connection of a request received at `then` must be reset. True also for requests from before the
    /// outage.
    [[nodiscard]] bool cut_off(server_clock::time_point then) const noexcept {
        return then.time_since_epoch().count() < down_until_.load(std::memory_order_relaxed);
    }

private:
    using rep = server_clock::rep;

    bool take_permit() noexcept;
    void begin_outage(server_clock::time_point now) noexcept;
    bool admit(server_clock::time_point now) noexcept;
    [[nodiscard]] std::chrono::milliseconds age(server_clock::time_point now) const noexcept;

    const api_settings& settings_;
    const throttle& limits_;
    counters& count_;
    const tell_outage tell_outage_;
    const server_clock::time_point began_ = server_clock::now();
    std::unique_ptr<order_memory> orders_;  ///< with faults or a throttle
    std::unique_ptr<token_bucket> bucket_;  ///< with a rate
    std::atomic<std::uint64_t> permits_taken_{0};
    const std::uint64_t outage_after_;  ///< good answers; 0: none
    std::atomic<std::uint64_t> good_answers_{0};
    std::atomic<rep> down_until_{std::numeric_limits<rep>::min()};  ///< earlier than any time until the outage begins
};

}  // namespace pipebench
