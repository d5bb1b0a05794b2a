#include "mock_api/trouble_state.hpp"

#include "contracts/error.hpp"
#include "mock_api/faults.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pipebench {
namespace {

/// Uses calloc and not a vector, so that the kernel provides zeroed pages at their first use.
template <class T>
T* allocate_zeros(std::size_t count) {
    void* const memory = std::calloc(count, sizeof(T));
    if (memory == nullptr) throw setup_error("the mock API has no memory to count the attempts of orders in");
    return static_cast<T*>(memory);
}

/// At least one, because the API must have worked before an outage.
std::uint64_t good_answers_before_outage(const api_settings& s) {
    const outage& down = s.trouble.down;
    if (down.time == duration{} || s.orders == 0) return 0;
    constexpr double rounding = 1e-6;  // 0.55 * 100 is slightly more than 55
    const double wanted = std::ceil(down.at * static_cast<double>(s.orders) - rounding);
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::max(0.0, wanted)));
}

}  // namespace

order_memory::order_memory()
    : attempts_(allocate_zeros<std::uint8_t>(slots)), not_before_(allocate_zeros<std::uint32_t>(slots)) {}

unsigned order_memory::count_attempt(order_id id) noexcept {
    const std::atomic_ref<std::uint8_t> attempts(attempts_[id % slots]);
    auto seen = attempts.load(std::memory_order_relaxed);
    while (seen < most_attempts &&
           !attempts.compare_exchange_weak(seen, static_cast<std::uint8_t>(seen + 1), std::memory_order_relaxed)) {
    }
    return std::min(seen + 1U, most_attempts);
}

void order_memory::not_before(order_id id, std::chrono::milliseconds time) noexcept {
    if (time.count() > std::numeric_limits<std::uint32_t>::max()) return;
    const std::atomic_ref<std::uint32_t> slot(not_before_[id % slots]);
    slot.store(static_cast<std::uint32_t>(time.count()), std::memory_order_relaxed);
}

bool order_memory::is_early(order_id id, std::chrono::milliseconds now) noexcept {
    const std::atomic_ref<std::uint32_t> slot(not_before_[id % slots]);
    return now.count() < slot.load(std::memory_order_relaxed);
}

trouble_state::trouble_state(const api_settings& settings, counters& count, tell_outage tell)
    : settings_(settings),
      limits_(settings.trouble.limits),
      count_(count),
      tell_outage_(std::move(tell)),
      outage_after_(good_answers_before_outage(settings)) {
    const bool throttles = limits_.concurrent > 0 || limits_.per_second > 0;
    if (throttles || !settings.trouble.faults.empty()) orders_ = std::make_unique<order_memory>();
    if (limits_.per_second > 0) bucket_ = std::make_unique<token_bucket>(limits_.per_second);
}

trouble_state::admission trouble_state::apply(api_reply& reply, server_clock::time_point now) {
    const fault* drawn = nullptr;
    if (orders_ && reply.status == 200) {
        const unsigned attempt = orders_->count_attempt(reply.id);
        if (orders_->is_early(reply.id, age(now))) count_.count_early();
        // Not for HEAD: it has no body to change, and no measured client sends it.
        if (reply.form == reply_form::whole) drawn = draw_fault(settings_, reply.id, attempt);
    }
    if (!admit(now)) {
        reply.status = 429;
        reply.delay = {};
        reply.retry_after = limits_.retry_after;
        count_.count_throttled();
        return admission::throttled;
    }
    if (drawn != nullptr) {
        apply_fault(reply, *drawn);
        count_.count_fault();
        if (reply.status == 429) count_.count_throttled();
    }
    return admission::served;
}

void trouble_state::release() noexcept {
    if (limits_.concurrent > 0) permits_taken_.fetch_sub(1, std::memory_order_relaxed);
}

bool trouble_state::take_permit() noexcept {
    if (limits_.concurrent == 0) return true;
    auto taken = permits_taken_.load(std::memory_order_relaxed);
    while (taken < limits_.concurrent)
        if (permits_taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) return true;
    return false;
}

/// The permit comes first, so that a request without one does not use up a token.
bool trouble_state::admit(server_clock::time_point now) noexcept {
    if (!take_permit()) return false;
    if (!bucket_ || bucket_->take(now)) return true;
    release();
    return false;
}

void trouble_state::answered(const api_reply& reply, server_clock::time_point now) noexcept {
    if (orders_ && reply.id != 0 && reply.retry_after.count() > 0)
        orders_->not_before(reply.id, age(now) + reply.retry_after);
    if (outage_after_ == 0 || !is_answered_well(reply)) return;
    if (good_answers_.fetch_add(1, std::memory_order_relaxed) + 1 == outage_after_) begin_outage(now);
}

void trouble_state::begin_outage(server_clock::time_point now) noexcept {
    const auto until = now + settings_.trouble.down.time;
    down_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
    if (tell_outage_) tell_outage_(now, until);
}

std::chrono::milliseconds trouble_state::age(server_clock::time_point now) const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
}

}  // namespace pipebench
