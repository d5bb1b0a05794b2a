#include "contracts/run_findings.hpp"

#include "contracts/error.hpp"

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::uint8_t nothing = 0, being_written = 1, complete = 2;

auto& slot(auto& state, stage at, error_kind kind) noexcept {
    return state.reasons[static_cast<std::size_t>(at)][static_cast<std::size_t>(kind)];
}

}  // namespace

bool run_findings::has_no_reason(stage at, error_kind kind) const noexcept {
    return state_ != nullptr && slot(*state_, at, kind).step.load(std::memory_order_relaxed) == nothing;
}

// A writer that is killed in between leaves the slot without a text for good: no other one may write into it.
void run_findings::keep(stage at, error_kind kind, std::string_view text) const noexcept {
    auto& into = slot(*state_, at, kind);
    std::uint8_t expected = nothing;
    if (!into.step.compare_exchange_strong(expected, being_written, std::memory_order_relaxed)) return;
    std::copy_n(text.begin(), std::min(text.size(), into.text.size()), into.text.begin());
    into.step.store(complete, std::memory_order_release);
}

void run_findings::count_stage(stage at, std::chrono::nanoseconds took) const noexcept {
    if (state_ != nullptr && !state_->untimed.load(std::memory_order_relaxed))
        state_->stage_durations[static_cast<std::size_t>(at)].count(took);
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
