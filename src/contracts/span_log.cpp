#include "contracts/span_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace pipebench {

std::string_view name_of(span_kind k) noexcept {
    static constexpr std::array<std::string_view, span_kind_count> names{
        "wait",  "rate limit",       "fetch",       "pause",       "transform",
        "store", "database latency", "acknowledge", "redelivered", "ended"};
    return names.at(static_cast<std::size_t>(k));
}

trace_sampling sample_of(double share, std::uint64_t seed) noexcept {
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    constexpr double range = 0x1p64;
    return {seed, share >= 1 ? all : static_cast<std::uint64_t>(share * range)};
}

// A writer that is killed in between leaves a place that is never complete, and is left out.
void span_log::add(span s) const noexcept {
    const auto i = board_->taken.fetch_add(1, std::memory_order_relaxed);
    if (i >= most_spans_of_run) return;
    s.process = ::getpid();
    auto& into = board_->places[i];
    into.what = s;
    into.complete.store(true, std::memory_order_release);
}

kept_spans spans_in(const span_board& board) {
    kept_spans out;
    const auto taken = get(board.taken);
    const auto kept = std::min<std::uint64_t>(taken, most_spans_of_run);
    out.beyond = taken - kept;
    for (std::size_t i = 0; i < kept; ++i)
        if (board.places[i].complete.load(std::memory_order_acquire)) out.spans.push_back(board.places[i].what);
    return out;
}

}  // namespace pipebench
