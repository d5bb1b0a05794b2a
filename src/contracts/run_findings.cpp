#include "contracts/run_findings.hpp"

#include "contracts/error.hpp"
#include "contracts/trouble_board.hpp"

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::uint8_t nothing = 0, being_written = 1, complete = 2;

auto& slot(auto& state, stage at, error_kind kind) noexcept {
    return state.reasons[static_cast<std::size_t>(at)][static_cast<std::size_t>(kind)];
}

template <std::size_t size>
void copy_cut(std::string_view text, std::array<char, size>& into) noexcept {
    std::copy_n(text.begin(), std::min(text.size(), size), into.begin());
}

/// The last one that this thread has explained. Between that and the end of its order, only a store runs the code of
/// other orders.
thread_local order_reason last_reason{};

bool has_no_reason(const findings_state& state, stage at, error_kind kind) noexcept {
    return slot(state, at, kind).step.load(std::memory_order_relaxed) == nothing;
}

}  // namespace

bool run_findings::needs_reason(stage at, error_kind kind) const noexcept {
    if (state_ == nullptr) return false;
    return has_no_reason(*state_, at, kind) || (trouble_ != nullptr && trouble_->reasons.has_room());
}

// A writer that is killed in between leaves the slot without a text for good: no other one may write into it.
void run_findings::keep(stage at, error_kind kind, std::string_view text) const noexcept {
    if (trouble_ != nullptr) {
        last_reason = {0, at, kind, {}};
        copy_cut(text, last_reason.text);
    }
    auto& into = slot(*state_, at, kind);
    std::uint8_t expected = nothing;
    if (!into.step.compare_exchange_strong(expected, being_written, std::memory_order_relaxed)) return;
    copy_cut(text, into.text);
    into.step.store(complete, std::memory_order_release);
}

void run_findings::count_stage(stage at, std::chrono::nanoseconds took) const noexcept {
    if (state_ != nullptr && !state_->untimed.load(std::memory_order_relaxed))
        state_->stage_durations[static_cast<std::size_t>(at)].count(took);
}

void run_findings::give_up(order_id id, stage at, error_kind kind) const noexcept {
    if (trouble_ == nullptr || !trouble_->reasons.has_room()) return;
    if (last_reason.at != at || last_reason.kind != kind) return;
    auto mine = last_reason;
    mine.id = id;
    trouble_->reasons.add(mine);
}

void run_findings::count_throttled() const noexcept {
    if (trouble_ != nullptr) add(trouble_->throttled, 1);
}

void run_findings::count_connection_wait(std::chrono::nanoseconds waited) const noexcept {
    if (state_ == nullptr) return;
    if (waited >= long_connection_wait) state_->long_connection_waits.fetch_add(1, std::memory_order_relaxed);
    auto& longest = state_->longest_connection_wait_ns;
    auto seen = longest.load(std::memory_order_relaxed);
    while (seen < waited.count() && !longest.compare_exchange_weak(seen, waited.count(), std::memory_order_relaxed)) {
    }
}

void run_findings::count_transform_wait(std::chrono::nanoseconds waited) const noexcept {
    if (state_ != nullptr) state_->transform_wait.count(waited);
}

void run_findings::count_transform_death() const noexcept {
    if (state_ != nullptr) add(state_->transform_deaths, 1);
}

void run_findings::count_transform_held_back() const noexcept {
    if (state_ != nullptr) add(state_->transforms_held_back, 1);
}

std::string reason_in(const findings_state& state, stage at, error_kind kind) {
    const auto& from = slot(state, at, kind);
    if (from.step.load(std::memory_order_acquire) != complete) return {};
    const std::string_view text(from.text.data(), from.text.size());
    return printable(text.substr(0, text.find('\0')));
}

}  // namespace pipebench
